import { DomainError, ReconcileInput, ReconcileRun } from "@flux-orchestrator/contract";
import {
  durationSeconds,
  fluxKind,
  helmChartOf,
  type KubeObject,
  type ObjectRef,
  reconcilePatch,
  reconcileRefusal,
  reconcileSteps,
  requestToken,
  sourceRefOf,
  wasRequested,
} from "@flux-orchestrator/flux";
import { absentAsNull } from "@flux-orchestrator/k8s";
import type { GuardedCluster } from "../guarded-cluster.ts";
import { operation } from "../operation.ts";
import { liveObject } from "./after-action.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope, resourceSubject } from "./resource-key.ts";
import { runOfRow, type StoredStep } from "./runs.ts";

/** Beyond the object's own timeout a controller gets this long; 15 minutes in all, whatever the object says. */
const GRACE_SECONDS = 60;
const DEADLINE_MAX_SECONDS = 15 * 60;
/** Timeout of an object that states none, as its controllers assume. */
const TIMEOUT_SECONDS = 5 * 60;

/**
 * Asks the controller to act now, sources first when wanted. Returns as soon as the API server has acknowledged the
 * first request; the outcome is followed, and read with `resource.run` or on the stream.
 *
 * @throws DomainError SUSPENDED, STATIC_KIND, OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_FORBIDDEN, …
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#triggering-a-reconcile
 */
export const reconcileResource = operation({
  name: "resource.reconcile",
  permission: "resource.reconcile",
  scope: resourceScope,
  effect: "cluster",
  audit: { action: "reconcile", subject: resourceSubject },
  input: ReconcileInput,
  output: ReconcileRun,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, { withSource, force, reset, token: given, ...ref }) {
    const key = keyOf(ref);
    const kind = fluxKind(ref.kind)!;
    if (force && !kind.force)
      throw new DomainError("INPUT_INVALID", `${ref.kind} knows no forced reconcile.`, {
        issues: [{ path: "force", message: "is only for HelmRelease and ResourceSetInputProvider" }],
      });
    if (reset && !kind.reset)
      throw new DomainError("INPUT_INVALID", `${ref.kind} has no failures to reset.`, {
        issues: [{ path: "reset", message: "is only for HelmRelease" }],
      });
    const { id: clusterId } = await ctx.findCluster(ref.cluster);
    const [{ cluster, object }, made] = await Promise.all([
      liveObject(ctx, ref, key),
      given === undefined ? undefined : ctx.runOf({ clusterId, ...key, token: given }),
    ]);
    if (made !== undefined) {
      ctx.note("Was requested already");
      return made;
    }
    const refusal = reconcileRefusal(object);
    if (refusal !== null) throw new DomainError(refusal.code, refusal.message, { hint: refusal.hint });

    const related = withSource ? await relatedObjects(cluster, object) : new Map<string, KubeObject>();
    const plan = reconcileSteps(object, { withSource }, (wanted) => related.get(nameOf(wanted)) ?? null);
    for (const { ref: step, skip } of plan)
      if (skip === undefined) await ctx.authorize("resource.reconcile", { clusterId, namespace: step.namespace });
    const first = plan.findIndex((step) => step.skip === undefined);
    const steps = plan.map(
      ({ ref: step, skip }, index): StoredStep => ({
        ...step,
        state: skip !== undefined ? "skipped" : index === first ? "requested" : "waiting",
      }),
    );

    const startedMs = ctx.now();
    const token = given ?? newToken(startedMs);
    const isLast = first === plan.length - 1;
    // Written before by a process that ended right after: a request of somebody else since then is not undone.
    const isAsked = given !== undefined && isLast && wasRequested(object, token);
    const id = crypto.randomUUID();
    const timeout = durationSeconds(object.spec?.["timeout"]) ?? TIMEOUT_SECONDS;
    const startedAt = new Date(startedMs);
    const deadlineAt = new Date(startedMs + Math.min(timeout + GRACE_SECONDS, DEADLINE_MAX_SECONDS) * 1000);
    const run = {
      id,
      token,
      clusterId,
      ...key,
      uid: object.metadata.uid,
      steps: JSON.stringify(steps),
      options: JSON.stringify({ withSource, force, reset }),
      phase: "requested",
      message: "Waiting for the controller.",
    } as const;
    const stored = ctx.storeRun({
      ...run,
      actor: ctx.actor.id,
      startedAt: startedAt.toISOString(),
      deadlineAt: deadlineAt.toISOString(),
    });
    if (isAsked) stored.then(() => ctx.fleet.follow({ ...run, deadlineAt }), ignore);
    else {
      ctx.fleet.follow({ ...run, deadlineAt }, stored);
      await cluster.patch(
        "resource.reconcile",
        plan[first]!.ref,
        reconcilePatch(token, isLast ? { force, reset } : { force: false, reset: false }),
      );
    }
    const options = [withSource && "with source", force && "forced", reset && "failures reset"]
      .filter(Boolean)
      .join(", ");
    ctx.note(options === "" ? "Requested" : `Requested, ${options}`);
    return runOfRow({ ...run, outcome: null, startedAt, endedAt: null });
  },
});

/** The operation itself says that it failed. */
const ignore = (): void => {};

/** A token that no other request has. */
export const newToken = (nowMs: number): string => requestToken(nowMs, Math.floor(Math.random() * 1_000_000));

const nameOf = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`;

/** The objects a chain may contain, each read with its own right: the source, and for Helm the chart and its source. */
async function relatedObjects(cluster: GuardedCluster, object: KubeObject): Promise<Map<string, KubeObject>> {
  const found = new Map<string, KubeObject>();
  const look = async (ref: ObjectRef | null): Promise<KubeObject | null> => {
    if (ref === null || fluxKind(ref.kind) === undefined || cluster.served(ref.kind) === undefined) return null;
    const key = { group: fluxKind(ref.kind)!.group, ...ref };
    const live = await cluster.get("resource.read", key).catch(absentAsNull);
    if (live !== null) found.set(nameOf(ref), live);
    return live;
  };
  const live = await look(sourceRefOf(object));
  await look(live?.kind === "HelmChart" ? sourceRefOf(live) : helmChartOf(object));
  return found;
}
