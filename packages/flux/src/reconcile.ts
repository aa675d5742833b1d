import { conditionOf, conditionsOf, isTrue } from "./conditions.ts";
import { fluxKind } from "./kinds.ts";
import { maskObject } from "./mask.ts";
import { type Json, type KubeObject, numberOf, type ObjectKey, type ObjectRef, recordOf, textOf } from "./object.ts";
import { helmChartOf, sourceRefOf } from "./references.ts";
import { isStatic } from "./settle.ts";
import { isSuspended, type Refusal } from "./suspend.ts";

const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const FORCE_AT = "reconcile.fluxcd.io/forceAt";
const RESET_AT = "reconcile.fluxcd.io/resetAt";

/** A token as the flux CLI writes it: RFC 3339 with nanoseconds. Opaque to controllers; it only has to differ. */
export const requestToken = (nowMs: number, nanoseconds: number): string =>
  new Date(nowMs)
    .toISOString()
    .replace(/\.(\d{3})Z$/, (_, ms: string) => `.${ms}${String(nanoseconds % 1_000_000).padStart(6, "0")}Z`);

/**
 * Merge patch that asks for a reconcile. Force and reset take effect only while equal to the token, so all are written in one patch.
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#forcing-a-release
 */
export function reconcilePatch(token: string, options: { force: boolean; reset: boolean }): Json {
  return {
    metadata: {
      annotations: {
        [REQUESTED_AT]: token,
        ...(options.force ? { [FORCE_AT]: token } : {}),
        ...(options.reset ? { [RESET_AT]: token } : {}),
      },
    },
  };
}

/** Whether this request was written to the object, handled or not. */
export const wasRequested = (object: KubeObject, token: string): boolean =>
  textOf(recordOf(object.metadata.annotations)[REQUESTED_AT]) === token ||
  textOf(recordOf(object.status)["lastHandledReconcileAt"]) === token;

/** Why a reconcile would do nothing; null when it makes sense. */
export function reconcileRefusal(object: KubeObject): Refusal | null {
  const kind = fluxKind(object.kind);
  if (isSuspended(object))
    return {
      code: "SUSPENDED",
      message: `${object.kind} ${nameOf(object)} is suspended: its controller would not act on the request.`,
      hint: "Resume it first.",
    };
  if (kind === undefined || !kind.reconcile || isStatic(object))
    return {
      code: "STATIC_KIND",
      message:
        object.kind === "HelmRepository"
          ? "A HelmRepository of type oci is static: charts are pulled when a HelmChart needs them."
          : `No controller reconciles ${object.kind} objects.`,
      hint:
        object.kind === "ExternalArtifact"
          ? "Reconcile its ArtifactGenerator instead."
          : "Reconcile an object that uses it instead.",
    };
  return null;
}

const nameOf = (object: KubeObject) => `${object.metadata.namespace}/${object.metadata.name}`;

export interface ReconcileStep {
  ref: ObjectKey;
  /** Why this step is left out. */
  skip?: string;
}

/**
 * The objects to ask, in order, each to be waited for before the next: sources first, the object last.
 * @param lookup finds an object of the same cluster; null when it is not there
 * @see docs of `flux reconcile … --with-source`
 */
export function reconcileSteps(
  object: KubeObject,
  options: { withSource: boolean },
  lookup: (ref: ObjectRef) => KubeObject | null,
): ReconcileStep[] {
  const self: ReconcileStep = { ref: keyOf(object.kind, object.metadata.namespace ?? "", object.metadata.name) };
  if (!options.withSource) return [self];
  const source = sourceRefOf(object);
  if (source === null) return [self];
  if (object.kind !== "HelmRelease") return [...sourceSteps(source, lookup), self];
  const chart = helmChartOf(object);
  if (chart === null) {
    // A chartRef names an OCIRepository, or a HelmChart that has a source of its own.
    return [...(source.kind === "HelmChart" ? chartSteps(source, lookup) : sourceSteps(source, lookup)), self];
  }
  return [...sourceSteps(source, lookup), ...sourceSteps(chart, lookup), self];
}

function chartSteps(chart: ObjectRef, lookup: (ref: ObjectRef) => KubeObject | null): ReconcileStep[] {
  const live = lookup(chart);
  const source = live === null ? null : sourceRefOf(live);
  return [...(source === null ? [] : sourceSteps(source, lookup)), ...sourceSteps(chart, lookup)];
}

function sourceSteps(ref: ObjectRef, lookup: (ref: ObjectRef) => KubeObject | null): ReconcileStep[] {
  const key = keyOf(ref.kind, ref.namespace, ref.name);
  const live = lookup(ref);
  if (live === null) return [{ ref: key, skip: `${ref.kind} ${ref.namespace}/${ref.name} does not exist` }];
  const refusal = reconcileRefusal(live);
  return [refusal === null ? { ref: key } : { ref: key, skip: refusal.message }];
}

const keyOf = (kind: string, namespace: string, name: string): ObjectKey => ({
  group: fluxKind(kind)?.group ?? "",
  kind,
  namespace,
  name,
});

export type ReconcileOutcome = "ready" | "failed" | "timed-out" | "superseded" | "suspended" | "deleted" | "unknown";
export interface ReconcileProgress {
  phase: "requested" | "handled" | "ended";
  outcome: ReconcileOutcome | null;
  message: string;
}

/**
 * How a request stands, read from the live object: handled once the controller copied the token, ended once Ready is decided for
 * it. A suspended Kustomization or HelmRelease copies the token without acting: that is `suspended`, never `ready`.
 * @param object null when it is gone
 */
export function reconcileOutcome(object: KubeObject | null, run: { token: string; uid: string }): ReconcileProgress {
  if (object === null || object.metadata.uid !== run.uid)
    return { phase: "ended", outcome: "deleted", message: "The object was deleted while its reconcile ran." };
  if (object.metadata.deletionTimestamp !== undefined)
    return { phase: "ended", outcome: "deleted", message: "The object is being deleted." };
  if (isSuspended(object))
    return { phase: "ended", outcome: "suspended", message: "The object was suspended before the controller acted." };
  const status = recordOf(object.status);
  const requested = textOf(recordOf(object.metadata.annotations)[REQUESTED_AT]);
  const handled = textOf(status.lastHandledReconcileAt) === run.token;
  if (!handled && requested !== null && requested !== run.token)
    return { phase: "ended", outcome: "superseded", message: "A later request replaced this one." };
  if (!handled) return { phase: "requested", outcome: null, message: "Waiting for the controller." };
  // What a run says is stored and shown, though it was read live.
  const conditions = conditionsOf(maskObject(object, () => "").object);
  const ready = conditionOf(conditions, "Ready");
  const observed = numberOf(status.observedGeneration);
  if (isTrue(conditions, "Stalled"))
    return { phase: "ended", outcome: "failed", message: ready?.message || "Stalled." };
  if (ready?.status === "False") return { phase: "ended", outcome: "failed", message: ready.message };
  // Kinds without a Ready condition are done once they say so.
  if (ready === undefined && conditions.length === 0)
    return { phase: "ended", outcome: "ready", message: "Handled by the controller." };
  const settled =
    ready?.status === "True" &&
    !isTrue(conditions, "Reconciling") &&
    (observed === null || observed === (object.metadata.generation ?? observed));
  if (settled) return { phase: "ended", outcome: "ready", message: ready.message };
  return { phase: "handled", outcome: null, message: ready?.message ?? "The controller is at work." };
}
