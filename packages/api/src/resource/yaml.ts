import { ResourceRef, ResourceYaml } from "@flux-orchestrator/contract";
import { type KubeObject, MASKED_LEAVES } from "@flux-orchestrator/flux";
import { dump } from "js-yaml";
import { operation } from "../operation.ts";
import { findResource, noSuchObject } from "./one-resource.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

/** The stored object as YAML, with everything secret masked. @throws DomainError OBJECT_NOT_FOUND */
export const resourceYaml = operation({
  name: "resource.yaml",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: ResourceYaml,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const { id } = await ctx.findCluster(ref.cluster);
    const stored = await findResource(ctx.sql, id, keyOf(ref));
    if (stored === null || stored.document === null) throw noSuchObject(ref);
    const { [MASKED_LEAVES]: leaves, ...object } = JSON.parse(stored.document) as KubeObject;
    const masked = typeof leaves === "object" && leaves !== null ? Object.keys(leaves).length : 0;
    return { yaml: dump(object, { lineWidth: -1, noRefs: true }), masked };
  },
});
