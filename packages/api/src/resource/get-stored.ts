import { ResourceRef } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { LegacyResource, toLegacyResource } from "./legacy-resource.ts";
import { findResource, noSuchObject } from "./one-resource.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

/** One stored object with its document, as REST v1 gives it. @throws DomainError OBJECT_NOT_FOUND, CLUSTER_NOT_FOUND */
export const getStoredResource = operation({
  name: "resource.getStored",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: LegacyResource,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const { id } = await ctx.findCluster(ref.cluster);
    const stored = await findResource(ctx.sql, id, keyOf(ref));
    if (stored === null) throw noSuchObject(ref);
    return toLegacyResource(stored);
  },
});
