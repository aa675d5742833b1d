import type { LegacyResource } from "@flux-orchestrator/api";
import { v1Time } from "./time.ts";

export type V1Resource = ReturnType<typeof toV1Resource>;

/** A Flux object as REST v1 gives it. */
export const toV1Resource = (resource: LegacyResource) => ({
  id: [resource.clusterId, resource.kind, resource.namespace, resource.name].join("/"),
  cluster_id: resource.clusterId,
  kind: resource.kind,
  name: resource.name,
  namespace: resource.namespace,
  status: resource.status,
  message: resource.message,
  last_reconcile: resource.lastReconcile === null ? null : v1Time(resource.lastReconcile),
  /** The masked Kubernetes object, JSON inside of a string. */
  metadata: resource.document,
  created_at: v1Time(resource.createdAt),
  updated_at: v1Time(resource.updatedAt),
});
