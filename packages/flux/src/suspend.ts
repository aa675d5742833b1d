import { type FluxKind, fluxKind } from "./kinds.ts";
import { isRecord, type Json, type KubeObject, listOf, type ObjectRef, recordOf, textOf } from "./object.ts";

/** Annotations we write beside a suspend. */
export const SUSPENDED_BY = "flux-orchestrator/suspended-by";
export const SUSPEND_REASON = "flux-orchestrator/suspend-reason";
export const SUSPEND_UNTIL = "flux-orchestrator/suspend-until";
/** What other tools write; read and shown, never written. */
const OTHERS_BY = ["fluxcd.controlplane.io/suspendedBy", "metadata.weave.works/suspended-by"];
const OTHERS_REASON = ["metadata.weave.works/suspended-comment"];
/** Who applies in the name of a Kustomization. */
const APPLIER = "kustomize-controller";

export function isSuspended(object: KubeObject): boolean {
  const mechanism = fluxKind(object.kind)?.suspend;
  if (mechanism?.by === "annotation")
    return (
      textOf(recordOf(object.metadata.annotations)[mechanism.key])?.toLowerCase() === mechanism.disabled.toLowerCase()
    );
  return recordOf(object.spec).suspend === true;
}

/** Who suspended it, why and until when, as far as annotations tell; null when it is not suspended. */
export function suspensionOf(
  object: KubeObject,
): { by: string | null; reason: string | null; until: string | null } | null {
  if (!isSuspended(object)) return null;
  const annotations = recordOf(object.metadata.annotations);
  const first = (keys: string[]) => keys.map((key) => textOf(annotations[key])).find((value) => value !== null) ?? null;
  return {
    by: first([SUSPENDED_BY, ...OTHERS_BY]),
    reason: first([SUSPEND_REASON, ...OTHERS_REASON]),
    until: first([SUSPEND_UNTIL]),
  };
}

/** A refusal says why an action makes no sense for the object, and what does. */
export interface Refusal {
  code: "SUSPENDED" | "STATIC_KIND";
  message: string;
  hint: string;
}

/** Kinds without a controller of their own cannot be suspended in a way that means anything. */
export function suspendRefusal(object: KubeObject): Refusal | null {
  if (fluxKind(object.kind)?.suspend != null) return null;
  return {
    code: "STATIC_KIND",
    message: `${object.kind} cannot be suspended: nothing reconciles it on a schedule.`,
    hint: "Suspend what produces or uses it.",
  };
}

/** Merge patch that suspends; idempotent. The annotations say who and why. */
export function suspendPatch(kind: FluxKind, options: { by: string; reason?: string }): Json {
  const annotations: Json = { [SUSPENDED_BY]: options.by, [SUSPEND_REASON]: options.reason ?? null };
  if (kind.suspend?.by === "annotation")
    return { metadata: { annotations: { ...annotations, [kind.suspend.key]: kind.suspend.disabled } } };
  return { metadata: { annotations }, spec: { suspend: true } };
}

/** Merge patch that resumes and takes the suspend's annotations away. */
export function resumePatch(kind: FluxKind): Json {
  const annotations: Json = { [SUSPENDED_BY]: null, [SUSPEND_REASON]: null, [SUSPEND_UNTIL]: null };
  if (kind.suspend?.by === "annotation")
    return { metadata: { annotations: { ...annotations, [kind.suspend.key]: kind.suspend.enabled } } };
  return { metadata: { annotations }, spec: { suspend: false } };
}

/**
 * Whether the Kustomization that applies this object would undo a suspend, read from the field ownership of the live object
 * (managedFields; a masked one has none). Null when no parent applies it or the parent does not own `spec.suspend`.
 */
export function revertedBy(
  object: KubeObject,
  parent: ObjectRef | null,
): { parent: ObjectRef; ownsSuspend: boolean; message: string } | null {
  if (parent === null || parent.kind !== "Kustomization") return null;
  const owns = listOf(object.metadata.managedFields)
    .map(recordOf)
    .some((entry) => {
      if (entry.manager !== APPLIER || entry.operation !== "Apply") return false;
      const spec = recordOf(recordOf(entry.fieldsV1)["f:spec"]);
      return isRecord(spec["f:suspend"]);
    });
  if (!owns) return null;
  return {
    parent,
    ownsSuspend: true,
    message: `Git will revert this at the next run of Kustomization ${parent.namespace}/${parent.name}, which applies this object and owns spec.suspend. To keep it, set suspend in Git or suspend the owner too.`,
  };
}
