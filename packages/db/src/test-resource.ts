import type { Transaction } from "./connect.ts";
import { lockRows, newResourceIds, type ResourceKey, type ResourceWrite, writeResources } from "./upsert/index.ts";

/** A row of a Kustomization that is Ready; `change` says what differs. */
export function resourceRow(change: Partial<ResourceWrite> & Pick<ResourceWrite, "clusterId">): ResourceWrite {
  return {
    group: "kustomize.toolkit.fluxcd.io",
    kind: "Kustomization",
    namespace: "apps",
    name: "podinfo",
    uid: "8d1f0c5e",
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    resourceVersion: "100",
    generation: 2,
    observedGeneration: 2,
    word: "Ready",
    subState: null,
    severity: 0,
    since: "2026-01-02T03:04:05.678Z",
    settleMemory: "{}",
    recheckAt: null,
    readyStatus: "True",
    reason: "ReconciliationSucceeded",
    message: "Applied revision: main@sha1:5d5c4c1",
    revision: "main@sha1:5d5c4c1",
    attemptedRevision: "main@sha1:5d5c4c1",
    suspended: false,
    suspendedBy: null,
    suspendReason: null,
    sourceRef: { kind: "GitRepository", namespace: "flux-system", name: "fleet" },
    dependsOn: [],
    inventoryCount: 7,
    intervalSeconds: 600,
    lastHandledReconcileAt: null,
    readyTransitionAt: "2026-01-02T03:04:05.000Z",
    lastRunAt: null,
    nextRunAt: null,
    labels: { team: "web" },
    fingerprint: "a",
    flapFingerprint: "b",
    edgesFingerprint: "c",
    listGeneration: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
    changedAt: "2026-01-02T03:04:05.678Z",
    updatedAt: "2026-01-02T03:04:05.678Z",
    ...change,
  };
}

export function keyOf({ clusterId, group, kind, namespace, name }: ResourceKey): ResourceKey {
  return { clusterId, group, kind, namespace, name };
}

/** Inserts or replaces rows as a flush does. @returns their ids, in order */
export async function storeResources(tx: Transaction, rows: readonly ResourceWrite[]): Promise<string[]> {
  const nameOf = ({ clusterId, group, kind, namespace, name }: ResourceKey) =>
    [clusterId, group, kind, namespace, name].join("/");
  const known = new Map((await lockRows(tx, rows)).map((row) => [nameOf(row), row.id]));
  const newIds = (await newResourceIds(tx, rows.length - known.size)).values();
  const stored = rows.map((row) => ({ ...row, id: known.get(nameOf(row)) ?? newIds.next().value! }));
  await writeResources(tx, {
    made: stored.filter((row) => !known.has(nameOf(row))),
    replaced: stored.filter((row) => known.has(nameOf(row))),
  });
  return stored.map(({ id }) => id);
}
