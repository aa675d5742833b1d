import type { ResourceRef, ResourceRow } from "@flux-orchestrator/contract";
import type { KubeObject, ObjectKey } from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { storedRow } from "./one-resource.ts";

/**
 * The row after an action, read again from the cluster and written at once, so that whoever acted sees what they did.
 * When the refresh fails the action stands: the row is the one stored, and the watch brings the change.
 */
export async function rowAfterAction(ctx: OperationContext, clusterId: string, key: ObjectKey): Promise<ResourceRow> {
  await refreshAfterAction(ctx, clusterId, key);
  return storedRow(ctx.sql, clusterId, key);
}

/** The same for an action whose answer is not the row. */
export async function refreshAfterAction(ctx: OperationContext, clusterId: string, key: ObjectKey): Promise<void> {
  await ctx.fleet.refresh({ clusterId, ...key }).catch((error: unknown) => {
    ctx.log.warn({ err: error, clusterId, kind: key.kind }, "an object could not be read again after an action");
  });
}

/** The object an action is about, live, with the handle to act on it. */
export async function liveObject(ctx: OperationContext, ref: ResourceRef, key: ObjectKey) {
  const { id: clusterId } = await ctx.findCluster(ref.cluster);
  const cluster = await ctx.cluster(clusterId);
  const object: KubeObject = await cluster.get("resource.read", key);
  return { clusterId, cluster, object };
}
