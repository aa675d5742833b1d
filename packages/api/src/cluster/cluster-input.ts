import { ClusterKey, type ErrorCode } from "@flux-orchestrator/contract";
import { z } from "zod";
import type { AuditSubject } from "../audit.ts";
import type { LookupContext } from "../context.ts";

/** Names one cluster, by id or slug. */
export const ClusterInput = z.strictObject({ cluster: ClusterKey });

/** Codes of what people most often get wrong about a cluster. */
export const CLUSTER_FIELD_CODES = {
  name: "CLUSTER_NAME",
  labels: "LABELS",
  environment: "LABELS",
  healthCheckIntervalSeconds: "INTERVAL",
} as const satisfies Record<string, ErrorCode>;

/** The cluster as the thing an operation is about. */
export async function clusterSubject(input: { cluster: string }, ctx: LookupContext): Promise<AuditSubject> {
  const { id, name } = await ctx.findCluster(input.cluster);
  return { resourceType: "cluster", resourceId: id, resourceName: name, clusterId: id, clusterName: name };
}
