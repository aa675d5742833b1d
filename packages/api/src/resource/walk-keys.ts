import { KIND_NAMES } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { branchesOf, ofClusters } from "../query/predicate.ts";
import { toFunction } from "../query/to-function.ts";
import { toClustersSql } from "../query/to-sql.ts";
import { type PageWanted, range, unionOf, type Way } from "./page-range.ts";
import { isRegistered } from "./resource-rows.ts";
import { ofUuid } from "./sort.ts";

/** In the order of their bytes. */
const KINDS = KIND_NAMES.toSorted();

/**
 * Ways to a page in the order of keys, one behind the other: the rest of the cursor's kind on its cluster, the kinds behind it
 * there, the clusters behind. Each kind of a cluster is a walk along the unique key of its objects, where those of other
 * kinds lie between and are passed over.
 */
export function keyWalks({ predicate, query, after }: PageWanted): readonly Way[] {
  const canBe = toFunction(predicate);
  const kinds = KINDS.filter((kind) => canBe({ kind }) !== false);
  if (after === null) return [through(kinds, (sql) => sql`true`)];
  const [cluster = "", kind = ""] = after.map(String);
  const others = kinds.filter((other) => (query.descending ? other < kind : other > kind));
  const id = ofUuid(cluster);
  return [
    restOfKind(after),
    through(others, (sql) => sql`c.id = ${id}::uuid`),
    through(kinds, (sql) => (query.descending ? sql`c.id < ${id}::uuid` : sql`c.id > ${id}::uuid`)),
  ];
}

/** Behind a cursor, what is of its cluster and kind. */
function restOfKind(after: readonly (string | number)[]): Way {
  const [cluster = "", kind = "", ...rest] = after.map(String);
  return (sql, wanted) => {
    const row = sql`(r.namespace, r.name, r."group")`;
    const [namespace = "", name = "", group = ""] = rest;
    const cursor = sql`(${namespace}::text, ${name}::text, ${group}::text)`;
    const isBehind = wanted.query.descending ? sql`${row} < ${cursor}` : sql`${row} > ${cursor}`;
    const orderBy = withinKind(sql, wanted);
    const among = sql`r.cluster_id = ${ofUuid(cluster)}::uuid and r.kind = ${kind}::text and ${isBehind} and ${isRegistered(sql)}`;
    return sql`(select r.* from (${ranges(sql, wanted, { among, orderBy })}) r order by ${orderBy} limit ${wanted.count})`;
  };
}

/** Kinds of clusters one after the other. No cluster is looked at once the page is full. */
function through(kinds: readonly string[], clusters: (sql: SqlRunner) => Fragment): Way {
  return (sql, wanted) => {
    const direction = wanted.query.descending ? sql`desc` : sql`asc`;
    const orderBy = withinKind(sql, wanted);
    const among = sql`r.cluster_id = c.id and r.kind = k.kind`;
    return sql`
      (select r.id from (
        select c.id from clusters c
        where c.deleted_at is null and ${toClustersSql(sql, ofClusters(wanted.predicate))} and ${clusters(sql)}
        order by c.id ${direction}
      ) c cross join unnest(${[...kinds]}::text[]) k(kind) cross join lateral (${ranges(sql, wanted, { among, orderBy })}) r
      order by c.id ${direction}, k.kind collate "C" ${direction}, ${orderBy} limit ${wanted.count})`;
  };
}

const ranges = (sql: SqlRunner, wanted: PageWanted, among: { among: Fragment; orderBy: Fragment }): Fragment =>
  unionOf(
    sql,
    branchesOf(wanted.predicate).map((branch) => range(sql, wanted, { branch, ...among })),
  );

const withinKind = (sql: SqlRunner, { query }: PageWanted): Fragment =>
  query.descending
    ? sql`r.namespace desc, r.name desc, r."group" desc`
    : sql`r.namespace asc, r.name asc, r."group" asc`;
