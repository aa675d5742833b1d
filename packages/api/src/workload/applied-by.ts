import type { AppliedBy } from "@flux-orchestrator/contract";
import type { KubeObject } from "@flux-orchestrator/flux";

/** Labels that kustomize-controller and helm-controller put on what they apply. */
const LABELS = [
  { kind: "Kustomization", prefix: "kustomize.toolkit.fluxcd.io" },
  { kind: "HelmRelease", prefix: "helm.toolkit.fluxcd.io" },
] as const;

/** The Kustomization or HelmRelease that applies an object, by its labels; null when none says so. */
export function appliedBy({ metadata: { labels = {} } }: KubeObject): AppliedBy | null {
  for (const { kind, prefix } of LABELS) {
    const [name, namespace] = [labels[`${prefix}/name`], labels[`${prefix}/namespace`]];
    if (typeof name === "string" && typeof namespace === "string") return { kind, namespace, name };
  }
  return null;
}

/** What to say of a change that Flux may take back; nothing when it will not. */
export const mayBeReverted = (by: AppliedBy | null): string =>
  by === null ? "" : `; ${by.kind} ${by.namespace}/${by.name} applies this object and may put it back`;
