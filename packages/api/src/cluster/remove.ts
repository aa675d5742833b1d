import { DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { operation } from "../operation.ts";
import { announceClusters } from "./announce.ts";
import { ClusterInput, clusterSubject } from "./cluster-input.ts";

/**
 * Forgets a cluster: it is hidden at once, its credential wiped and its watches ended. Nothing on the cluster itself
 * changes. Activities and transitions stay until their retention ends.
 *
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export const removeCluster = operation({
  name: "cluster.remove",
  permission: "cluster.delete",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "database",
  audit: { action: "delete", subject: clusterSubject },
  input: ClusterInput,
  output: z.object({ id: z.string() }),
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    const [removed] = await ctx.sql<{ id: string }[]>`
      update clusters set deleted_at = now(), updated_at = now() where id = ${id}::uuid and deleted_at is null returning id`;
    // Somebody else was faster.
    if (removed === undefined) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
    await ctx.sql`delete from cluster_credentials where cluster_id = ${id}::uuid`;
    announceClusters(ctx, [id], "delete");
    return { id };
  },
  async afterCommit(ctx, removed) {
    await ctx.fleet.removed(removed.id);
    return removed;
  },
});
