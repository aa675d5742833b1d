import { ResourceTree } from "@flux-orchestrator/contract";
import { ClusterInput } from "../cluster/cluster-input.ts";
import { operation } from "../operation.ts";
import { readTree } from "./read-tree.ts";

/**
 * Everything Flux brought to a cluster, read live: what each Kustomization and HelmRelease applied, down to the Pods. Each kind
 * is listed once; Secrets are named and never read. What cannot be read is named with the reason.
 *
 * @throws DomainError CLUSTER_NOT_FOUND, CLUSTER_…
 */
export const clusterTree = operation({
  name: "tree.cluster",
  permission: "resource.read",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "read",
  input: ClusterInput,
  output: ResourceTree,
  async run(ctx, input) {
    const { id } = await ctx.findCluster(input.cluster);
    return readTree(ctx, { clusterId: id, root: null });
  },
});
