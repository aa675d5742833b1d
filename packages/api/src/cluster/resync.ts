import { z } from "zod";
import { operation } from "../operation.ts";
import { ClusterInput, clusterSubject } from "./cluster-input.ts";

/**
 * Lists every served Flux kind again and makes the stored rows equal to what the cluster answers; rows of objects that
 * are gone go. Kinds that could not be listed keep their rows and are named.
 *
 * @throws DomainError CLUSTER_NOT_FOUND, CREDENTIAL_LOCKED, and what the cluster's failure is
 */
export const resyncCluster = operation({
  name: "cluster.resync",
  permission: "resource.reconcile",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "outside",
  audit: { action: "sync", subject: clusterSubject },
  input: ClusterInput,
  /** `count`: objects read; `failedKinds`: kinds whose list failed. */
  output: z.object({ count: z.number().int(), failedKinds: z.array(z.string()) }),
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    const { count, failedKinds } = await ctx.fleet.resync(id);
    ctx.note(
      failedKinds.length === 0
        ? `Read ${count} objects`
        : `Read ${count} objects; could not list ${failedKinds.join(", ")}`,
    );
    return { count, failedKinds: [...failedKinds] };
  },
});
