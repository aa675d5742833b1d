import { ResourceRef, ResourceTree } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "../resource/resource-key.ts";
import { readTree } from "./read-tree.ts";

/**
 * What one Flux object applied, read live, with what that applied in its turn and what controllers made of it. Each namespace
 * it leads to is authorized by itself: what this reader may not see is named with that as the reason.
 *
 * @throws DomainError OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_…
 */
export const objectTree = operation({
  name: "tree.object",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: ResourceTree,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const { id } = await ctx.findCluster(ref.cluster);
    return readTree(ctx, { clusterId: id, root: keyOf(ref) });
  },
});
