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

/** A cluster as the thing an operation is about. */
export const subjectOf = ({ id, name }: { id: string; name: string }): AuditSubject => ({
  resourceType: "cluster",
  resourceId: id,
  resourceName: name,
  clusterId: id,
  clusterName: name,
});

/** The cluster that the input names, as the thing an operation is about. */
export const clusterSubject = async (input: { cluster: string }, ctx: LookupContext): Promise<AuditSubject> =>
  subjectOf(await ctx.findCluster(input.cluster));

/** The cluster that is about to be registered. */
export const newClusterSubject = ({ name }: { name: string }, { newId }: LookupContext): AuditSubject =>
  subjectOf({ id: newId, name });
