import { z } from "zod";
import { operation } from "../operation.ts";
import { toSql } from "../query/to-sql.ts";
import { resourcesOfClusters } from "../resource/resource-rows.ts";
import { ClusterInput } from "./cluster-input.ts";

const Figures = z.object({
  total: z.number().int(),
  ready: z.number().int(),
  notReady: z.number().int(),
  suspended: z.number().int(),
});

/**
 * Objects of a cluster by kind, counted as REST v1 does: a suspended one is only `suspended`; Ready True is `ready`, any
 * other Ready `notReady`, none at all none of the three. Kinds without objects are absent.
 *
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export const fluxStats = operation({
  name: "cluster.fluxStats",
  permission: "resource.read",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "read",
  input: ClusterInput,
  output: z.record(z.string(), Figures),
  async run(ctx, input) {
    const { sql } = ctx;
    const { id } = await ctx.findCluster(input.cluster);
    const rows = await sql<(z.infer<typeof Figures> & { kind: string })[]>`
      select r.kind, count(*)::int as total,
        (count(*) filter (where not r.suspended and r.ready_status = 'True'))::int as ready,
        (count(*) filter (where not r.suspended and r.ready_status <> 'True'))::int as "notReady",
        (count(*) filter (where r.suspended))::int as suspended
      from ${resourcesOfClusters(sql)}
      where r.cluster_id = ${id}::uuid and ${toSql(sql, await ctx.visible("resource.read"))} group by r.kind order by r.kind`;
    return Object.fromEntries(rows.map(({ kind, ...figures }) => [kind, figures]));
  },
});
