import type { ResourceRow } from "@flux-orchestrator/contract";

/** A row for tests, with what matters to one. */
export const aRow = (own: Partial<ResourceRow> = {}): ResourceRow => ({
  id: "1",
  clusterId: "0b6f0a0e-5d5b-4f0e-9c55-3f4f6f0f1a11",
  clusterSlug: "prod-eu-1",
  clusterName: "prod-eu-1",
  environment: "",
  stale: false,
  unreconciled: null,
  group: "kustomize.toolkit.fluxcd.io",
  kind: "Kustomization",
  namespace: "flux-system",
  name: "apps",
  uid: "uid-1",
  word: "Ready",
  subState: null,
  reason: "ReconciliationSucceeded",
  message: "",
  revision: null,
  attemptedRevision: null,
  suspended: false,
  suspendedBy: null,
  since: "2026-09-17T12:00:00.000Z",
  createdAt: "2026-09-16T00:00:00.000Z",
  updatedAt: "2026-09-17T12:00:00.000Z",
  ...own,
});
