import { DomainError, FluxKindName } from "@flux-orchestrator/contract";

/** @throws DomainError OBJECT_NOT_FOUND for an id no object can have: ids are opaque, so a wrong one is not malformed */
export function parseResourceId(id: string) {
  const [cluster, kind, namespace, name, ...more] = id.split("/");
  if (!cluster || !namespace || !name || more.length > 0 || !FluxKindName.safeParse(kind).success) {
    throw new DomainError("OBJECT_NOT_FOUND", "There is no resource of this id.", {
      hint: "Ids are <cluster id>/<Kind>/<namespace>/<name>; slashes may be sent as they are or as %2F.",
    });
  }
  return { cluster, kind: kind as string, namespace, name };
}
