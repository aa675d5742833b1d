import { ClusterDetail, type ClusterKind } from "@flux-orchestrator/contract";
import type { Readiness } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { toCountsSql } from "../query/to-sql.ts";
import { ClusterInput } from "./cluster-input.ts";
import { readControllers } from "./controllers.ts";
import { oneCluster } from "./one-cluster.ts";

/** One cluster with its Flux kinds, its objects by kind, and what its credential may do. */
export const getCluster = operation({
  name: "cluster.get",
  permission: "cluster.read",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "read",
  input: ClusterInput,
  output: ClusterDetail,
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    const cluster = await oneCluster(ctx, id);
    const seen = toCountsSql(ctx.sql, await ctx.visible("resource.read"));
    const [kinds, counts, [record], controllers] = await Promise.all([
      ctx.sql<ClusterKind[]>`
        select "group", kind, version, state, detail from cluster_kinds where cluster_id = ${id}::uuid order by "group", kind`,
      ctx.sql<{ group: string; kind: string; counts: Partial<Record<Readiness, number>> }[]>`
        select "group", kind, jsonb_object_agg(word, objects) as counts from (
          select r."group", r.kind, r.word, sum(r.count)::int as objects
          from resource_counts r join clusters c on c.id = r.cluster_id
          where r.cluster_id = ${id}::uuid and ${seen} group by 1, 2, 3 having sum(r.count) > 0
        ) as words group by 1, 2 order by 1, 2`,
      ctx.sql<Pick<ClusterDetail, "rights" | "controllersRead">[]>`
        select rights, controllers_read as "controllersRead" from clusters where id = ${id}::uuid`,
      readControllers(ctx.sql, [id]),
    ]);
    return {
      ...cluster,
      kinds: [...kinds],
      countsByKind: [...counts],
      controllers: controllers.get(id) ?? [],
      rights: record?.rights ?? [],
      controllersRead: record?.controllersRead ?? "unknown",
    };
  },
});
