import { Cluster } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { ClusterInput } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";

/**
 * Asks the API server now whether it answers, and stores the verdict. A cluster that does not answer is not an error
 * here: its `status` and `problem` say so.
 *
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export const probeCluster = operation({
  name: "cluster.probe",
  permission: "cluster.read",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "read",
  input: ClusterInput,
  output: Cluster,
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    const { healthy, problem } = await ctx.fleet.probe(id);
    const cluster = await oneCluster(ctx, id);
    // One that answers may still be unhealthy: its Flux controllers do not run.
    return healthy ? cluster : { ...cluster, status: "unhealthy" as const, problem: problem ?? cluster.problem };
  },
});
