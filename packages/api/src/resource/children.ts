import { ResourceRef } from "@flux-orchestrator/contract";
import { listOf, parseInventoryId, recordOf, textOf } from "@flux-orchestrator/flux";
import { z } from "zod";
import { operation } from "../operation.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

const Child = z.object({
  /** As the controller wrote it: `<namespace>_<name>_<group>_<kind>`. */
  id: z.string(),
  version: z.string(),
  /** The object the id names; null when it cannot be read. */
  object: z.object({ namespace: z.string(), name: z.string(), group: z.string(), kind: z.string() }).nullable(),
});

/**
 * What an object applied, live, by its inventory. Sources and objects without an inventory have none.
 * @throws DomainError OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_…
 */
export const listChildren = operation({
  name: "resource.children",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: z.array(Child),
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const { id: clusterId } = await ctx.findCluster(ref.cluster);
    const cluster = await ctx.cluster(clusterId);
    const object = await cluster.get("resource.read", keyOf(ref));
    const entries = listOf(recordOf(recordOf(object.status).inventory).entries).map(recordOf);
    return entries.flatMap(({ id, v }) => {
      const text = textOf(id);
      return text === null ? [] : [{ id: text, version: textOf(v) ?? "", object: parseInventoryId(text) }];
    });
  },
});
