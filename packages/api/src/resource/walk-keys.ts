import { KIND_NAMES } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { branchesOf, ofClusters } from "../query/predicate.ts";
import { toFunction } from "../query/to-function.ts";
import { toClustersSql } from "../query/to-sql.ts";
import { type PageWanted, range, unionOf, type WalkTo } from "./page-range.ts";
import { ofUuid, orderOf } from "./sort.ts";

/** In the order of their bytes. */
const KINDS = KIND_NAMES.toSorted();

/**
 * Ways to a page in the order of keys, one behind the other: the rest of the cursor's kind on its cluster, the kinds behind it
 * there, the clusters behind. Each kind of a cluster is a walk along the unique key of its objects, where those of other
 * kinds lie between and are passed over. What is walked along are the rows: they are not looked up again.
 */
export function keyWalks({ predicate, query, after }: PageWanted): readonly WalkTo[] {
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
function restOfKind(after: readonly (string | number)[]): WalkTo {
  const [key = "", kind = "", ...rest] = after.map(String);
  const cluster = ofUuid(key);
  return (sql, wanted) => {
    const row = sql`(r.namespace, r.name, r."group")`;
    const [namespace = "", name = "", group = ""] = rest;
    const cursor = sql`(${namespace}::text, ${name}::text, ${group}::text)`;
    const isBehind = wanted.query.descending ? sql`${row} < ${cursor}` : sql`${row} > ${cursor}`;
    const orderBy = withinKind(sql, wanted);
    const among = sql`r.cluster_id = ${cluster}::uuid and r.kind = ${kind}::text and ${isBehind}`;
    const parts = ranges(sql, wanted, { among, orderBy });
    const first =
      parts.length === 1
        ? unionOf(sql, parts)
        : sql`(select r.* from (${unionOf(sql, parts)}) r order by ${orderBy} limit ${wanted.count})`;
    // The one cluster is not joined by what the rows say of it: they stay in their order.
    return { from: sql`${first} r join clusters c on c.id = ${cluster}::uuid and c.deleted_at is null`, orderBy };
  };
}

/** Kinds of clusters one after the other. No cluster is looked at once the page is full. */
function through(kinds: readonly string[], clusters: (sql: SqlRunner) => Fragment): WalkTo {
  return (sql, wanted) => {
    const direction = wanted.query.descending ? sql`desc` : sql`asc`;
    const orderBy = withinKind(sql, wanted);
    const among = sql`r.cluster_id = c.id and r.kind = k.kind`;
    const found = sql`
      (select r.* from (
        select c.id from clusters c
        where c.deleted_at is null and ${toClustersSql(sql, ofClusters(wanted.predicate))} and ${clusters(sql)}
        order by c.id ${direction}
      ) c cross join unnest(${[...kinds]}::text[]) k(kind)
      cross join lateral (${unionOf(sql, ranges(sql, wanted, { among, orderBy }))}) r
      order by c.id ${direction}, k.kind collate "C" ${direction}, ${orderBy} limit ${wanted.count})`;
    return {
      from: sql`${found} r join clusters c on c.id = r.cluster_id`,
      orderBy: orderOf(sql, wanted.query).orderBy,
    };
  };
}

const ranges = (sql: SqlRunner, wanted: PageWanted, among: { among: Fragment; orderBy: Fragment }): Fragment[] =>
  branchesOf(wanted.predicate).map((branch) => range(sql, wanted, { branch, ...among, columns: sql`r.*` }));

const withinKind = (sql: SqlRunner, { query }: PageWanted): Fragment =>
  query.descending
    ? sql`r.namespace desc, r.name desc, r."group" desc`
    : sql`r.namespace asc, r.name asc, r."group" asc`;
