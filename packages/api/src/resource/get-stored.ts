import { ResourceRef } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { LegacyResource, type LegacySqlRow, legacyColumns, toLegacyResource } from "./legacy-resource.ts";
import { noSuchObject } from "./one-resource.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";
import { resourcesOfClusters } from "./resource-rows.ts";

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
    const { sql } = ctx;
    const key = keyOf(ref);
    const [stored] = await sql<LegacySqlRow[]>`
      select ${legacyColumns(sql, { documents: true })}
      from ${resourcesOfClusters(sql)} left join flux_objects o on o.resource_id = r.id
      where r.cluster_id = ${id}::uuid and r.kind = ${key.kind} and r.namespace = ${key.namespace} and r.name = ${key.name}
      limit 1`;
    if (stored === undefined) throw noSuchObject(ref);
    return toLegacyResource(stored);
  },
});
