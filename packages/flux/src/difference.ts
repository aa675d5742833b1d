import { type FieldManager, FieldOwners, type FieldPath, pathText, valueAt } from "./managed-fields.ts";
import { maskObject } from "./mask.ts";
import { isRecord, type Json, type KubeObject, recordOf } from "./object.ts";
import { sameValue } from "./same-value.ts";

/**
 * How a field differs. `changed`: somebody else wrote another value. `removed`: what is wanted is not there. `pending`: what the
 * applier wrote itself is not what is wanted now. `taken`: somebody else wrote what the applier does not state, or whose wanted
 * value nobody knows. All but `pending` are drift.
 */
export const DIFFERENCE_KINDS = ["changed", "removed", "pending", "taken"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One field that is not as its applier has it. Values are masked. */
export interface Difference {
  /** As in `spec.template.spec.containers[name=web].image`. */
  path: string;
  difference: DifferenceKind;
  /** Absent where nobody knows, or nothing is wanted. */
  desired?: unknown;
  /** Absent where there is nothing. */
  actual?: unknown;
  /** Who wrote it last, by their field managers; nobody where it is gone or not kept track of. */
  managers: readonly FieldManager[];
}

/** Field managers of who applies an object for Flux, by the kind of the Flux object. */
export const APPLIER_MANAGERS: Readonly<Record<string, readonly string[]>> = {
  Kustomization: ["kustomize-controller"],
  HelmRelease: ["helm-controller", "helm"],
  ResourceSet: ["flux-operator"],
  FluxInstance: ["flux-operator"],
};
/** What the cluster itself writes is nobody's drift. */
const CLUSTER_MANAGERS = /^(kube-(controller-manager|scheduler|apiserver)|kubelet|cloud-controller-manager)$/;

/** An object as it lives and, where that is known, as its applier wants it. */
export interface Compared {
  live: KubeObject;
  /** As it was rendered, what the API server fills in left out. */
  desired: Json | null;
  /** Field managers of the applier. */
  appliers: readonly string[];
}

/**
 * Compares what is wanted with what lives, and both with who wrote it (`managedFields`). Only what the applier states is compared: what
 * the API server, webhooks and other controllers add is theirs. Without `desired` there are only the fields that somebody else took.
 * In a fixed order.
 */
export function differencesOf(compared: Compared, hmac: (value: string) => string): Difference[] {
  const owners = new FieldOwners(compared.live);
  const live = { clear: compared.live as unknown, masked: maskObject(compared.live, hmac).object as unknown };
  const found = new Map<string, Difference>();
  const add = (difference: Difference) => {
    if (!found.has(difference.path)) found.set(difference.path, difference);
  };
  if (compared.desired !== null) {
    const masked = maskObject(compared.desired as unknown as KubeObject, hmac).object;
    compare({ clear: compared.desired, masked }, live, { ...compared, owners, add });
  }
  const isApplier = ({ name }: FieldManager) => compared.appliers.includes(name);
  const { fields } = owners;
  // Nobody took anything from who never wrote any of it.
  const taken = fields.some(({ managers }) => managers.some(isApplier)) ? fields : [];
  for (const { path, managers } of taken) {
    if (!isStated(path) || managers.some(isApplier) || managers.every(({ name }) => CLUSTER_MANAGERS.test(name)))
      continue;
    const text = pathText(path);
    // What is wanted of it was compared above.
    if (compared.desired !== null && valueAt(compared.desired, path) !== undefined) continue;
    const actual = valueAt(live.masked, path);
    if (actual !== undefined) add({ path: text, difference: "taken", actual, managers });
  }
  return [...found.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Metadata but labels and annotations is bookkeeping; so are requests to a controller. */
function isStated(path: FieldPath): boolean {
  const [first, second, third] = path.map((step) => ("key" in step ? step.key : ""));
  if (first === "apiVersion" || first === "kind" || first === "status") return false;
  if (first !== "metadata") return true;
  if (third?.startsWith("reconcile.fluxcd.io/") === true) return false;
  return second === "labels" || second === "annotations";
}

/** The same value in clear, to compare, and masked, to show. */
interface Value {
  clear: unknown;
  masked: unknown;
}
interface Comparison extends Compared {
  owners: FieldOwners;
  add(difference: Difference): void;
}

function compare(desired: Value, live: Value, at: Comparison, path: FieldPath = []): void {
  if (path.length > 0 && path.length < 3 && !isStated(path) && !isMetadata(path)) return;
  if (sameValue(desired.clear, live.clear)) return;
  if (isRecord(desired.clear) && isRecord(live.clear)) {
    for (const key of Object.keys(desired.clear).sort())
      compare(child(desired, key), child(live, key), at, [...path, { key }]);
    return;
  }
  const entries = entriesOf(desired.clear, live.clear);
  if (entries !== null) {
    for (const { mine, theirs, entry } of entries) {
      const step = at.owners.entryAt(path, theirs === -1 ? undefined : (live.clear as Json[])[theirs]) ?? { entry };
      compare(child(desired, mine), theirs === -1 ? NOTHING : child(live, theirs), at, [...path, step]);
    }
    return;
  }
  if (!isStated(path)) return;
  const managers = at.owners.of(path);
  const applied = managers.some(({ name }) => at.appliers.includes(name));
  at.add({
    path: pathText(path),
    difference: live.clear === undefined ? "removed" : applied ? "pending" : "changed",
    desired: desired.masked,
    ...(live.clear === undefined ? {} : { actual: live.masked }),
    managers,
  });
}

const NOTHING: Value = { clear: undefined, masked: undefined };
const isMetadata = (path: FieldPath): boolean => "key" in path[0]! && path[0].key === "metadata" && path.length === 1;
const child = ({ clear, masked }: Value, key: string | number): Value => ({
  clear: own(clear, key),
  masked: own(masked, key),
});
const own = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Json)[key] : undefined;

/** What tells the entries of Kubernetes' lists apart, the surest first. */
const IDENTITIES = ["name", "mountPath", "devicePath", "containerPort", "port", "key", "ip", "topologyKey", "uid"];

/** Entries of two lists of objects, those that are wanted beside those that live; null when they have no identity. */
function entriesOf(desired: unknown, live: unknown): { mine: number; theirs: number; entry: Json }[] | null {
  if (!Array.isArray(desired) || !Array.isArray(live)) return null;
  const identity = IDENTITIES.find((key) => tellsApart(desired, key) && tellsApart(live, key));
  if (identity === undefined || desired.length === 0) return null;
  return desired.map((wanted, mine) => ({
    mine,
    theirs: live.findIndex((one) => recordOf(one)[identity] === wanted[identity]),
    entry: { [identity]: wanted[identity] },
  }));
}

function tellsApart(list: readonly unknown[], key: string): list is readonly Json[] {
  const values = list.map((one) => recordOf(one)[key]);
  return (
    values.every((value) => typeof value === "string" || typeof value === "number") &&
    new Set(values).size === list.length
  );
}
