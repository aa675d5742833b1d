import { DomainError, type ErrorCode, type ObjectRef } from "@flux-orchestrator/contract";
import { fluxKind, type KubeObject } from "@flux-orchestrator/flux";
import type { ApiResource } from "@flux-orchestrator/k8s";
import type { AuditSubject } from "../audit.ts";
import type { Scope } from "../authorize.ts";
import type { LookupContext, OperationContext } from "../context.ts";
import type { GuardedObjects } from "../guarded-objects.ts";

/** Codes of what people most often get wrong when they name an object. */
export const OBJECT_FIELD_CODES = {
  kind: "KIND_NOT_SUPPORTED",
  group: "KIND_NOT_SUPPORTED",
  namespace: "NAME",
  name: "NAME",
} as const satisfies Record<string, ErrorCode>;

/** The namespace of an object; the whole cluster for one without. */
export const objectScope = (ref: Pick<ObjectRef, "cluster" | "namespace">, ctx: LookupContext): Promise<Scope> =>
  ctx.clusterScope(ref.cluster, ref.namespace === "" ? undefined : ref.namespace);

/** The object as the thing an operation is about. */
export async function objectSubject(
  ref: Pick<ObjectRef, "cluster" | "kind" | "namespace" | "name">,
  ctx: LookupContext,
): Promise<AuditSubject> {
  const cluster = await ctx.findCluster(ref.cluster);
  return {
    resourceType: ref.kind,
    resourceId: ref.namespace === "" ? ref.name : `${ref.namespace}/${ref.name}`,
    resourceName: ref.name,
    clusterId: cluster.id,
    clusterName: cluster.name,
  };
}

/** An object as it is named, with the handle to read and change it. */
export interface NamedObject {
  clusterId: string;
  objects: GuardedObjects;
  resource: ApiResource;
  at: { namespace: string; name: string };
}

/**
 * Finds how the cluster serves the kind of a reference.
 * @throws DomainError KIND_NOT_SUPPORTED, KIND_NOT_SERVED, KIND_AMBIGUOUS, NAME
 */
export async function namedObject(ctx: OperationContext, ref: ObjectRef): Promise<NamedObject> {
  const { id: clusterId } = await ctx.findCluster(ref.cluster);
  const { any: objects } = await ctx.cluster(clusterId);
  const resource = meant(await objects.named(ref.kind, ref.group), ref.kind);
  const { namespace, name } = ref;
  if (resource.namespaced && namespace === "")
    throw new DomainError("NAME", `${ref.kind} is a kind with namespaces: name the one it is in.`);
  if (!resource.namespaced && namespace !== "")
    throw new DomainError("NAME", `${ref.kind} is a kind without namespaces: leave the namespace out.`);
  return { clusterId, objects, resource, at: { namespace, name } };
}

/** The one of several groups that people mean by a kind: Flux's, then Kubernetes' own. */
function meant(served: readonly ApiResource[], kind: string): ApiResource {
  const ranked = served.map((resource) => ({ resource, rank: rankOf(resource) })).sort((a, b) => a.rank - b.rank);
  const [first, second] = ranked;
  if (first === undefined)
    throw fluxKind(kind) === undefined
      ? new DomainError("KIND_NOT_SUPPORTED", `This cluster serves no kind ${kind}.`)
      : new DomainError("KIND_NOT_SERVED", `This cluster does not serve the kind ${kind}.`, {
          hint: "Install the Flux component that defines it.",
        });
  if (first.rank === second?.rank)
    throw new DomainError("KIND_AMBIGUOUS", `Several API groups of this cluster have a kind ${kind}.`, {
      hint: `Say which one is meant: ${ranked.map(({ resource }) => resource.group).join(", ")}.`,
    });
  return first.resource;
}

function rankOf({ group, kind }: ApiResource): number {
  if (fluxKind(kind)?.group === group) return 0;
  if (group === "") return 1;
  if (!group.includes(".")) return 2;
  return group.endsWith(".k8s.io") ? 3 : 4;
}

/** The live object. @throws DomainError FORBIDDEN; KubeError OBJECT_NOT_FOUND, … */
export const readObject = ({ objects, resource, at }: NamedObject): Promise<KubeObject> =>
  objects.get("resource.read", resource, at);
