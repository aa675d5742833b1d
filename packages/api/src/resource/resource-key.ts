import type { ErrorCode, ResourceRef } from "@flux-orchestrator/contract";
import { fluxKind, type ObjectKey } from "@flux-orchestrator/flux";
import type { AuditSubject } from "../audit.ts";
import type { Scope } from "../authorize.ts";
import type { LookupContext } from "../context.ts";

/** Codes of what people most often get wrong when they name an object. */
export const RESOURCE_FIELD_CODES = {
  kind: "KIND_NOT_SUPPORTED",
  namespace: "NAME",
  name: "NAME",
} as const satisfies Record<string, ErrorCode>;

/** The object a reference names, on its cluster. */
export const keyOf = (ref: Omit<ResourceRef, "cluster">): ObjectKey => ({
  group: fluxKind(ref.kind)?.group ?? "",
  kind: ref.kind,
  namespace: ref.namespace,
  name: ref.name,
});

/** The namespace of an object on its cluster. */
export const resourceScope = (ref: ResourceRef, ctx: LookupContext): Promise<Scope> =>
  ctx.clusterScope(ref.cluster, ref.namespace);

/** The object as the thing an operation is about. */
export async function resourceSubject(ref: ResourceRef, ctx: LookupContext): Promise<AuditSubject> {
  const cluster = await ctx.findCluster(ref.cluster);
  return {
    resourceType: ref.kind,
    resourceId: `${ref.namespace}/${ref.name}`,
    resourceName: ref.name,
    clusterId: cluster.id,
    clusterName: cluster.name,
  };
}
