import type { ResourceRef } from "@flux-orchestrator/contract";
import { type KubeObject, normalise, type ObjectKey, runTimesOf, type Settled, settle } from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { toDomainError } from "../errors.ts";
import { findResource, noSuchObject, type StoredResource } from "./one-resource.ts";

/** A page opens with what is stored when the cluster does not answer within this time. */
const LIVE_READ_MS = 3000;

/** One object as it is: read from the cluster now, or as stored when that cannot be done. */
export interface LiveView {
  clusterId: string;
  stored: StoredResource;
  /** The masked object. */
  object: KubeObject;
  settled: Pick<Settled, "word" | "subState" | "reason" | "message">;
  /** With managedFields, which the masked one has not; null when it is the stored one. */
  raw: KubeObject | null;
}

/**
 * Reads one object live, once, and settles it with what was remembered of it.
 * @throws DomainError OBJECT_NOT_FOUND when it is in neither place, or the cluster says that it is gone
 */
export async function liveView(ctx: OperationContext, ref: ResourceRef, key: ObjectKey): Promise<LiveView> {
  const { id: clusterId } = await ctx.findCluster(ref.cluster);
  const [raw, before] = await Promise.all([readLive(ctx, clusterId, key), findResource(ctx.sql, clusterId, key)]);
  let stored = before;
  if ((raw === "gone") !== (stored === null) && raw !== null) {
    // The store and the cluster disagree about its existence: settle that first.
    await ctx.fleet.refresh({ clusterId, ...key }).catch(() => {});
    stored = await findResource(ctx.sql, clusterId, key);
  }
  if (raw === "gone" || stored === null) throw noSuchObject(key);
  if (raw !== null) {
    const { object } = normalise(raw, { hmac: (value) => ctx.keyring.hmac(value) });
    return {
      clusterId,
      stored,
      object,
      raw,
      settled: settle(stored.memory, object, ctx.now(), runTimesOf(object)?.overdue ?? undefined),
    };
  }
  if (stored.document === null) throw noSuchObject(key);
  return { clusterId, stored, object: JSON.parse(stored.document) as KubeObject, raw: null, settled: stored.row };
}

/** The object, `gone` when the cluster says so, null when nobody could tell in time. */
async function readLive(ctx: OperationContext, clusterId: string, key: ObjectKey): Promise<KubeObject | "gone" | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), LIVE_READ_MS).unref());
  const read = (async () => {
    try {
      return await (await ctx.cluster(clusterId)).get("resource.read", key);
    } catch (error) {
      const { code } = toDomainError(error, { operation: "resource.get", requestId: ctx.requestId, log: ctx.log });
      if (code === "OBJECT_NOT_FOUND") return "gone" as const;
      if (code === "FORBIDDEN") throw error;
      return null;
    }
  })();
  return Promise.race([read, late]);
}
