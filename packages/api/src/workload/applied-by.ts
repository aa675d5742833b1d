import type { AppliedBy } from "@flux-orchestrator/contract";
import { type KubeObject, labelledOwners } from "@flux-orchestrator/flux";

/** The Kustomization or HelmRelease that applies an object, be it itself, by its labels; null when none says so. */
export function appliedBy(object: KubeObject): AppliedBy | null {
  for (const { kind, namespace, name } of labelledOwners(object))
    if (kind === "Kustomization" || kind === "HelmRelease") return { kind, namespace, name };
  return null;
}

/** What to say of a change that Flux may take back; nothing when it will not. */
export const mayBeReverted = (by: AppliedBy | null): string =>
  by === null ? "" : `; ${by.kind} ${by.namespace}/${by.name} applies this object and may put it back`;
