import type { FluxController } from "./controller.ts";
import { FLUX_KINDS, fluxKind } from "./kinds.ts";
import { selects } from "./label-selector.ts";

/** Which of several instances of a controller reconciles an object. @see https://fluxcd.io/flux/installation/configuration/sharding/ */
export const SHARD_KEY = "sharding.fluxcd.io/key";

/** What decides who reconciles an object. */
export interface Reconcilable {
  kind: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
}
/** What of a controller decides what it reconciles. */
export type Reconciler = Pick<FluxController, "name" | "controller" | "state" | "selector" | "onlyNamespace">;

/**
 * Why nobody reconciles an object now, as `kustomize-controller is down`; null when somebody does, and for kinds that no
 * controller reconciles. Among all of a cluster's controllers: one that is not given is not there.
 */
export function unreconciledBecause(object: Reconcilable, controllers: readonly Reconciler[]): string | null {
  const kind = fluxKind(object.kind);
  if (kind === undefined || !kind.reconcile) return null;
  const instances = controllers.filter(({ controller }) => controller === kind.controller);
  if (instances.length === 0) return `there is no ${kind.controller}`;
  const responsible = instances.filter((instance) => looksAt(instance, object));
  if (responsible.some(({ state }) => state === "available")) return null;
  const [first] = responsible;
  if (first === undefined) {
    const shard = object.labels[SHARD_KEY];
    return shard === undefined ? `no ${kind.controller} looks at it` : `no ${kind.controller} has the shard ${shard}`;
  }
  return `${first.name} is ${first.state === "scaled-down" ? "scaled to 0" : "down"}`;
}

/** A selector that cannot be read is taken to pick everything: nothing is called unreconciled by a guess. */
const looksAt = ({ selector, onlyNamespace }: Reconciler, { namespace, labels }: Reconcilable): boolean =>
  (onlyNamespace === null || onlyNamespace === namespace) && (selector === null || selects(selector, labels) !== false);

/** Kinds among these of which some objects may not be reconciled: an instance of their controller is missing or not available. */
export function doubtfulKinds(kinds: readonly string[], controllers: readonly Reconciler[]): string[] {
  return kinds.filter((name) => {
    const kind = fluxKind(name);
    if (kind === undefined || !kind.reconcile) return false;
    const instances = controllers.filter(({ controller }) => controller === kind.controller);
    return instances.length === 0 || instances.some(({ state }) => state !== "available");
  });
}

/** The kinds a controller reconciles. */
export const kindsOfController = (controller: string): string[] =>
  FLUX_KINDS.filter((kind) => kind.controller === controller && kind.reconcile).map(({ kind }) => kind);
