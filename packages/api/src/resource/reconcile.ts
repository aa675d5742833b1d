import { DomainError, ReconcileInput, ReconcileRun } from "@flux-orchestrator/contract";
import { appendLog } from "@flux-orchestrator/db";
import {
  durationSeconds,
  fluxKind,
  helmChartOf,
  type KubeObject,
  type ObjectKey,
  type ObjectRef,
  reconcilePatch,
  reconcileRefusal,
  reconcileSteps,
  requestToken,
  sourceRefOf,
  wasRequested,
} from "@flux-orchestrator/flux";
import { absentAsNull } from "@flux-orchestrator/k8s";
import type { OperationContext } from "../context.ts";
import type { GuardedCluster } from "../guarded-cluster.ts";
import { operation } from "../operation.ts";
import { liveObject } from "./after-action.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope, resourceSubject } from "./resource-key.ts";
import { readRuns, type StoredStep } from "./runs.ts";

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
  effect: "outside",
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
    const { clusterId, cluster, object } = await liveObject(ctx, ref, key);
    const made = given === undefined ? undefined : await runOf(ctx, { clusterId, ...key }, given);
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
    if (!isAsked)
      await cluster.patch(
        "resource.reconcile",
        plan[first]!.ref,
        reconcilePatch(token, isLast ? { force, reset } : { force: false, reset: false }),
      );

    const id = crypto.randomUUID();
    const timeout = durationSeconds(object.spec?.["timeout"]) ?? TIMEOUT_SECONDS;
    const deadlineMs = startedMs + Math.min(timeout + GRACE_SECONDS, DEADLINE_MAX_SECONDS) * 1000;
    const row = {
      id,
      token,
      cluster_id: clusterId,
      ...key,
      uid: object.metadata.uid,
      steps: JSON.stringify(steps),
      options: JSON.stringify({ withSource, force, reset }),
      phase: "requested",
      message: "Waiting for the controller.",
      intent_id: ctx.intentId,
      actor: ctx.actor.id,
      started_at: new Date(startedMs),
      deadline_at: new Date(deadlineMs),
    };
    await ctx.pool.begin(async (tx) => {
      await tx`insert into reconcile_runs ${tx(row)}`;
      // Whoever looks at the object sees that somebody has asked.
      await appendLog(tx, [{ subject: "run", op: "upsert", clusterId, runId: id }]);
    });
    ctx.fleet.follow(id);
    const options = [withSource && "with source", force && "forced", reset && "failures reset"]
      .filter(Boolean)
      .join(", ");
    ctx.note(options === "" ? "Requested" : `Requested, ${options}`);
    const [run] = await readRuns(ctx.sql, ctx.sql`id = ${id}::uuid`, 1);
    return run!;
  },
});

/** A token that no other request has. */
export const newToken = (nowMs: number): string => requestToken(nowMs, Math.floor(Math.random() * 1_000_000));

/** What was asked of an object with a token; undefined when that is not known. */
async function runOf(
  { sql }: OperationContext,
  { clusterId, kind, namespace, name }: ObjectKey & { clusterId: string },
  token: string,
): Promise<ReconcileRun | undefined> {
  const [run] = await readRuns(
    sql,
    sql`cluster_id = ${clusterId}::uuid and kind = ${kind} and namespace = ${namespace} and name = ${name} and token = ${token}`,
    1,
  );
  return run;
}

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
