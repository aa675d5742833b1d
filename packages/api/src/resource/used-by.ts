import { type UsedByQuery as Query, UsedBy, UsedByQuery } from "@flux-orchestrator/contract";
import { type EdgeRelation, fluxKind, inventoryHash, inventoryId, WAITED_FOR } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import { FLEET } from "../authorize.ts";
import type { SqlRunner } from "../context.ts";
import { operation } from "../operation.ts";
import { toFunction } from "../query/to-function.ts";
import { toSql } from "../query/to-sql.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

/** What every cluster has alike is used by hundreds of thousands: the worst of this many are shown, all are counted. */
const DIRECT_MAX = 10_000;

/**
 * Who refers to an object or applied it, on one cluster or on all of them: which Kustomizations take from a source, at which
 * revision; who reads a Secret; what applied a Deployment. From the stored edges; the object itself need not exist.
 *
 * @throws DomainError CLUSTER_NOT_FOUND
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
    const clusterId = query.cluster === undefined ? null : (await ctx.findCluster(query.cluster)).id;
    const predicate = await ctx.visible("resource.read");
    const visible = toSql(sql, predicate);
    const seesAll = toFunction(predicate)({}) === true;
    const direct = directUsers(sql, query, clusterId);
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
        where ${visible}
        order by users.depth, r.severity desc, c.name, r.namespace, r.name, r.id limit ${query.limit + 1}`,
      sql<UsedBy["clusters"]>`
        with target as (
          select r.cluster_id, r.word, r.severity, r.revision from ${resourcesOfClusters(sql)}
          where r.kind = ${query.kind} and r.namespace = ${query.namespace} and r.name = ${query.name}
            and ${onCluster(sql, sql`r.cluster_id`, clusterId)} and ${visible}
        ), counted as (
          select direct.cluster_id, count(*)::int as users from (${direct}) as direct
          ${seesAll ? sql`` : sql`join (${resourcesOfClusters(sql)}) on r.id = direct.resource_id where ${visible}`}
          group by direct.cluster_id
        )
        select c.id::text as "clusterId", c.slug as "clusterSlug", c.name as "clusterName", c.environment,
          c.stream in ('stale', 'locked', 'never') as stale, target.word, target.revision, coalesce(users, 0) as users
        from target full join counted using (cluster_id) join clusters c on c.id = cluster_id and c.deleted_at is null
        order by target.severity desc nulls first, c.name, c.id`,
    ]);
    const shown = users.slice(0, query.limit);
    return {
      clusters: [...clusters],
      users: shown.map((user) => ({ row: toResourceRow(user), relations: user.relations, depth: user.depth })),
      more: users.length > query.limit,
    };
  },
});

const onCluster = (sql: SqlRunner, column: Fragment, clusterId: string | null): Fragment =>
  clusterId === null ? sql`true` : sql`${column} = ${clusterId}::uuid`;

/** Row, cluster and relation of whatever refers to the object; for other kinds than Flux's also of what applied it. */
function directUsers(sql: SqlRunner, query: Query, clusterId: string | null): Fragment {
  const { kind, namespace, name } = query;
  const byEdge = sql`
    select e.resource_id, e.cluster_id, e.relation from resource_edges e
    where e.kind = ${kind} and e.namespace = ${namespace} and e.name in (${name}, '*') and ${onCluster(sql, sql`e.cluster_id`, clusterId)}`;
  if (fluxKind(kind) !== undefined) return byEdge;
  return sql`${byEdge}
    union all
    select a.id, a.cluster_id, 'applies' from resource_inventories i join flux_resources a on a.id = i.resource_id
    where i.objects @> array[${inventoryHash(inventoryId(query))}]::bigint[] and ${onCluster(sql, sql`a.cluster_id`, clusterId)}`;
}
