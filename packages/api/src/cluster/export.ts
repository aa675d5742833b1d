import { Cluster } from "@flux-orchestrator/contract";
import { z } from "zod";
import { operation } from "../operation.ts";
import { ClusterInput, clusterSubject } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";

/**
 * Records that a cluster and its objects leave with somebody, and gives the cluster; the objects are read with
 * `resource.exportPage`.
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export const exportCluster = operation({
  name: "cluster.export",
  permission: "resource.read",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "database",
  audit: { action: "export", subject: clusterSubject },
  input: ClusterInput,
  output: z.object({ cluster: Cluster, exportedAt: z.iso.datetime() }),
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    await ctx.authorize("cluster.read", { clusterId: id });
    return { cluster: await oneCluster(ctx, id), exportedAt: new Date(ctx.now()).toISOString() };
  },
});
