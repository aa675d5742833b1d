import { Cluster } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { announceClusters } from "./announce.ts";
import { ClusterInput, clusterSubject } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";

/** Marks a cluster as a favourite, or takes the mark away. @throws DomainError CLUSTER_NOT_FOUND */
export const favoriteCluster = operation({
  name: "cluster.favorite",
  permission: "cluster.update",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "database",
  audit: { action: "toggle_favorite", subject: clusterSubject },
  input: ClusterInput,
  output: Cluster,
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    await ctx.sql`update clusters set is_favorite = not is_favorite, updated_at = now() where id = ${id}::uuid`;
    announceClusters(ctx, [id], "upsert");
    return oneCluster(ctx, id);
  },
});
