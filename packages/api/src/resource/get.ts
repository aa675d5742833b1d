import { type ResourceDetail as Detail, ResourceDetail, ResourceRef } from "@flux-orchestrator/contract";
import {
  conditionsOf,
  durationSeconds,
  fluxKind,
  inventoryOf,
  isSuspended,
  type KubeObject,
  ownerOf,
  reconcileRefusal,
  remoteClusterOf,
  revertedBy,
  runTimesOf,
  sourceRefOf,
  specFacts,
  suspendRefusal,
  suspensionOf,
  whyOf,
} from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { operation } from "../operation.ts";
import type { Permission } from "../permission.ts";
import { liveRow } from "./live-row.ts";
import { type LiveView, liveView } from "./live-view.ts";
import { type RelatedObjects, relatedTo } from "./related.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";
import { readRuns } from "./runs.ts";
import { readTransitions } from "./transitions.ts";

const RUNS_SHOWN = 10;

/**
 * Everything about one object, read live once: its state and why it is so, what it comes from and waits for, who applies
 * it and whether a suspend would be reverted, what was done to it, and its history. Falls back to what is stored when
 * the cluster does not answer; `live` says which.
 *
 * @throws DomainError OBJECT_NOT_FOUND, CLUSTER_NOT_FOUND
 */
export const getResource = operation({
  name: "resource.get",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: ResourceDetail,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const key = keyOf(ref);
    const view = await liveView(ctx, ref, key);
    const [related, runs, transitions, can] = await Promise.all([
      relatedTo(ctx, view),
      readRuns(
        ctx.sql,
        ctx.sql`cluster_id = ${view.clusterId}::uuid and kind = ${key.kind} and namespace = ${key.namespace} and name = ${key.name}`,
        RUNS_SHOWN,
      ),
      readTransitions(ctx.sql, view.clusterId, key, view.object.metadata.uid),
      actionsOn(ctx, view),
    ]);
    return { ...describe(view, related), runs, transitions, can, ...freshness(ctx, view) };
  },
});

function describe(view: LiveView, related: RelatedObjects): Omit<Detail, "runs" | "transitions" | "can" | Timely> {
  const { object, settled } = view;
  const owner = ownerOf(object);
  const row = liveRow(view);
  const spec = object.spec ?? {};
  const status = object.status ?? {};
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  return {
    row,
    apiVersion: object.apiVersion,
    generation: number(object.metadata.generation),
    observedGeneration: number(status["observedGeneration"]),
    conditions: conditionsOf(object),
    why: whyOf(object, settled, { source: related.source, dependsOn: related.dependsOn }),
    source:
      related.source === null
        ? null
        : {
            ref: related.source.ref,
            word: related.source.word,
            revision: related.source.revision,
            behind: related.behind,
          },
    dependsOn: related.dependsOn.map(({ ref, word }) => ({ ref, word })),
    owner,
    inventory: inventoryOf(object),
    remoteCluster: remoteClusterOf(object),
    intervalSeconds: durationSeconds(spec["interval"]),
    timeoutSeconds: durationSeconds(spec["timeout"]),
    facts: specFacts(object),
    suspend: suspensionOf(object),
    revert: revertedBy(view.raw ?? object, owner),
  };
}

type Timely = "live" | "confirmedAt" | "lastRunAt" | "nextRunAt" | "overdue";

/** How current all of this is. A run that changed nothing is not stored, so only the live object knows of the last one. */
function freshness(ctx: OperationContext, { raw, stored }: LiveView): Pick<Detail, Timely> {
  if (raw === null) {
    const confirmedAt = stored.confirmedAt?.toISOString() ?? null;
    return { live: false, confirmedAt, lastRunAt: null, nextRunAt: null, overdue: false };
  }
  const runs = runTimesOf(raw);
  const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());
  return {
    live: true,
    confirmedAt: new Date(ctx.now()).toISOString(),
    lastRunAt: iso(runs?.last),
    nextRunAt: iso(runs?.next),
    overdue: runs?.overdue != null && ctx.now() > runs.overdue,
  };
}

/** What this actor could do with the object now, and why not. */
async function actionsOn(ctx: OperationContext, { object, clusterId }: LiveView): Promise<Detail["can"]> {
  const kind = fluxKind(object.kind);
  const scope = { clusterId, namespace: object.metadata.namespace ?? "" };
  const may = (permission: Permission) =>
    ctx.authorize(permission, scope).then(
      () => true,
      () => false,
    );
  const [mayReconcile, maySuspend, mayResume] = await Promise.all([
    may("resource.reconcile"),
    may("resource.suspend"),
    may("resource.resume"),
  ]);
  const refusal = reconcileRefusal(object);
  const fixed = suspendRefusal(object);
  const reconcile = refusal === null && mayReconcile;
  const suspended = isSuspended(object);
  return {
    reconcile,
    suspend: fixed === null && !suspended && maySuspend,
    resume: fixed === null && suspended && mayResume,
    force: reconcile && kind?.force === true,
    reset: reconcile && kind?.reset === true,
    withSource: reconcile && hasReconcilableSource(object),
    reason: refusal?.message ?? (mayReconcile ? null : "You may not reconcile objects here."),
  };
}

function hasReconcilableSource(object: KubeObject): boolean {
  const source = sourceRefOf(object);
  return source !== null && fluxKind(source.kind)?.reconcile === true;
}
