import type { AppliedBy, ObjectRef, TreeNode } from "@flux-orchestrator/contract";

export const WORKLOAD_VERBS = ["scale", "restart", "edit"] as const;
export type WorkloadVerb = (typeof WORKLOAD_VERBS)[number];

const ROLLED: ReadonlySet<string> = new Set(["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"]);
const SCALED: ReadonlySet<string> = new Set(["apps/Deployment", "apps/StatefulSet"]);
/** What people change by hand in an emergency; the rest is better changed where it comes from. */
const EDITED: ReadonlySet<string> = new Set([
  ...ROLLED,
  "/Service",
  "batch/CronJob",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/NetworkPolicy",
  "autoscaling/HorizontalPodAutoscaler",
  "policy/PodDisruptionBudget",
]);

/** What can be done to an object of a tree; nothing to what is not there or was not read. */
export function verbsOf({ group, kind, stub }: Pick<TreeNode, "group" | "kind" | "stub">): readonly WorkloadVerb[] {
  if (stub !== null) return [];
  const at = `${group}/${kind}`;
  const may: Record<WorkloadVerb, ReadonlySet<string>> = { scale: SCALED, restart: ROLLED, edit: EDITED };
  return WORKLOAD_VERBS.filter((verb) => may[verb].has(at));
}

/** An object of a tree, as operations name it. */
export const nodeRef = (
  cluster: string,
  { group, kind, namespace, name }: Pick<TreeNode, "group" | "kind" | "namespace" | "name">,
): ObjectRef => ({
  ...{ cluster, group, kind, namespace, name },
});

/** A Flux object that applies another. */
export interface Applier {
  kind: string;
  namespace: string;
  name: string;
}
const APPLIERS: ReadonlySet<string> = new Set(["Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"]);
/** The node itself where it is a Flux object that applies what hangs below it, else who applied the node. */
export const applierBelow = (node: Pick<TreeNode, "group" | "kind" | "namespace" | "name">, above: Applier): Applier =>
  APPLIERS.has(node.kind) && node.group.includes("fluxcd") ? node : above;

export const applierWords = ({ kind, namespace, name }: Applier): string => `${kind} ${namespace}/${name}`;

/** When a change by hand is taken back. */
export const revertWords = ({ kind }: Pick<Applier, "kind">): string =>
  kind === "HelmRelease"
    ? "What its chart states comes back with its next upgrade, and with its next reconcile where it corrects drift."
    : "What it states comes back with its next reconcile, unless it is suspended.";

/** That Flux may put it back; nothing where Flux does not apply the object. */
export const maybeReverted = (by: AppliedBy | null): string =>
  by === null ? "" : `${applierWords(by)} applies it and may put it back`;
