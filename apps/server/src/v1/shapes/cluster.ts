import type { Cluster } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

/** A cluster as REST v1 gives it. */
export const toV1Cluster = (cluster: Cluster) => ({
  id: cluster.id,
  name: cluster.name,
  description: cluster.description,
  status: cluster.status,
  // REST v1 has no word for the cluster that the server itself runs in.
  source: cluster.source === "in-cluster" ? "manual" : cluster.source,
  source_id: cluster.sourceId,
  is_favorite: cluster.isFavorite,
  /** Seconds. */
  health_check_interval: cluster.healthCheckIntervalSeconds,
  resource_count: cluster.objectCount,
  created_at: v1Time(cluster.createdAt),
  updated_at: v1Time(cluster.updatedAt),
});
