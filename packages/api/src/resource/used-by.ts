import { type UsedByQuery as Query, UsedBy, UsedByQuery } from "@flux-orchestrator/contract";
import { type EdgeRelation, fluxKind, inventoryHash, inventoryId, WAITED_FOR } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { isStale } from "../cluster/confirmation.ts";
import type { OperationContext, SqlRunner } from "../context.ts";
import { operation } from "../operation.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { toFunction } from "../query/to-function.ts";
import { toSql } from "../query/to-sql.ts";
import { decodePosition, encodePosition, PositionText } from "./position.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

/** What every cluster has alike is used by hundreds of thousands: the worst of this many are shown, all are counted. */
const DIRECT_MAX = 10_000;

/** Where a page ended: depth, severity turned around, cluster, namespace, name and row of its last user. */
const Position = z.tuple([
  z.number().int(),
  z.number().int().min(-1000).max(0),
  PositionText,
  PositionText,
  PositionText,
  z.string().regex(/^\d{1,18}$/),
]);
type Position = z.infer<typeof Position>;

/**
 * Who refers to an object or applied it, on one cluster, on the others or on all of them: which Kustomizations take from a
 * source, at which revision; who reads a Secret; what applied a Deployment. From the stored edges; the object itself need
 * not exist.
 *
 * @throws DomainError CLUSTER_NOT_FOUND, CURSOR
 */
export const usedBy = operation({
  name: "resource.usedBy",
  permission: "resource.read",
  scope: ({ cluster, namespace }, ctx) =>
    cluster === undefined ? FLEET : ctx.clusterScope(cluster, namespace === "" ? undefined : namespace),
  effect: "read",
  input: UsedByQuery,
  output: UsedBy,
  invalid: { kind: "KIND_NOT_SUPPORTED", namespace: "NAME", name: "NAME" },
  async run(ctx, query) {
    const { sql } = ctx;
    const among = await clustersAskedFor(ctx, query);
    const after = query.cursor === undefined ? null : decodePosition(query.cursor, Position);
    const order = sql`users.depth, -r.severity, c.name, r.namespace, r.name, r.id`;
    const predicate = await ctx.visible("resource.read");
    const visible = toSql(sql, predicate);
    const seesAll = toFunction(predicate)({}) === true;
    const direct = directUsers(sql, query, among);
    const [users, clusters] = await Promise.all([
      sql<(ResourceSqlRow & { relations: EdgeRelation[]; depth: number })[]>`
        with recursive used (resource_id, relation, depth) as (
          (select r.id, direct.relation, 1
          from (${direct}) as direct join (${resourcesOfClusters(sql)}) on r.id = direct.resource_id
          where ${visible} limit ${DIRECT_MAX})
          union
          select e.resource_id, e.relation, used.depth + 1
          from used join flux_resources t on t.id = used.resource_id
          join resource_edges e
            on e.kind = t.kind and e.namespace = t.namespace and e.name = t.name and e.cluster_id = t.cluster_id
          where used.depth < ${query.depth} and used.relation = any(${[...WAITED_FOR]}) and e.relation = any(${[...WAITED_FOR]})
        ), users as (
          select distinct on (resource_id) * from (
            select resource_id, depth, array_agg(distinct relation order by relation) as relations from used group by 1, 2
          ) as levels order by resource_id, depth
        )
        select ${rowColumns(sql)}, users.depth, users.relations
        from ${resourcesOfClusters(sql)} join users on users.resource_id = r.id
        where ${visible} and ${after === null ? sql`true` : isBehind(sql, order, after)}
        order by ${order} limit ${query.limit + 1}`,
      sql<UsedBy["clusters"]>`
        with target as (
          select r.cluster_id, r.word, r.severity, r.revision from ${resourcesOfClusters(sql)}
          where r.kind = ${query.kind} and r.namespace = ${query.namespace} and r.name = ${query.name}
            and ${among(sql`r.cluster_id`)} and ${visible}
        ), counted as (
          select direct.cluster_id, count(distinct direct.resource_id)::int as users from (${direct}) as direct
          ${seesAll ? sql`` : sql`join (${resourcesOfClusters(sql)}) on r.id = direct.resource_id where ${visible}`}
          group by direct.cluster_id
        )
        select c.id::text as "clusterId", c.slug as "clusterSlug", c.name as "clusterName", c.environment,
          ${isStale(sql)} as stale, target.word, target.revision, coalesce(users, 0) as users
        from target full join counted using (cluster_id) join clusters c on c.id = cluster_id and c.deleted_at is null
        where ${after === null} order by target.severity desc nulls first, c.name, c.id`,
    ]);
    const shown = users.slice(0, query.limit);
    const last = users.length > query.limit ? shown.at(-1) : undefined;
    return {
      clusters: [...clusters],
      users: shown.map((user) => ({ row: toResourceRow(user), relations: user.relations, depth: user.depth })),
      nextCursor: last === undefined ? null : encodePosition(positionOf(last)),
    };
  },
});

/** A condition on a cluster's id. One that is left out need not exist: whether it does is not told here. */
async function clustersAskedFor(
  { sql, findCluster }: Pick<OperationContext, "sql" | "findCluster">,
  { cluster, except }: Query,
): Promise<(column: Fragment) => Fragment> {
  if (cluster !== undefined) {
    const { id } = await findCluster(cluster);
    return (column) => sql`${column} = ${id}::uuid`;
  }
  const id = except === undefined ? undefined : (await clusterIds(sql, { cluster: [except] }))(except);
  return (column) => (id === undefined ? sql`true` : sql`${column} <> ${id}::uuid`);
}

/** Row, cluster and relation of whatever refers to the object; for other kinds than Flux's also of what applied it. */
function directUsers(sql: SqlRunner, query: Query, among: (column: Fragment) => Fragment): Fragment {
  const { kind, namespace, name } = query;
  const byEdge = sql`
    select e.resource_id, e.cluster_id, e.relation from resource_edges e
    where e.kind = ${kind} and e.namespace = ${namespace} and e.name in (${name}, '*') and ${among(sql`e.cluster_id`)}`;
  if (fluxKind(kind) !== undefined) return byEdge;
  return sql`${byEdge}
    union all
    select a.id, a.cluster_id, 'applies' from resource_inventories i join flux_resources a on a.id = i.resource_id
    where i.objects @> array[${inventoryHash(inventoryId(query))}]::bigint[] and ${among(sql`a.cluster_id`)}`;
}

const positionOf = (user: ResourceSqlRow & { depth: number }): Position => [
  user.depth,
  -user.severity,
  user.cluster_name,
  user.namespace,
  user.name,
  user.id,
];
const isBehind = (sql: SqlRunner, order: Fragment, [depth, severity, cluster, namespace, name, id]: Position) =>
  sql`(${order}) > (${depth}::int, ${severity}::int, ${cluster}::text, ${namespace}::text, ${name}::text, ${id}::bigint)`;
