import type { EdgesWrite, StoredResource } from "@flux-orchestrator/db";
import type { Pending } from "./pending.ts";

/** What the written objects of a flush refer to and applied, of those where it differs from what is stored. */
export const changedEdges = (
  written: readonly { pending: Pending; stored: StoredResource | null; row: StoredResource }[],
): EdgesWrite[] =>
  written.flatMap(({ pending, stored, row }) => {
    if (pending.change !== "seen" || stored?.edgesFingerprint === pending.object.edgesFingerprint) return [];
    const { edges, plainInventory } = pending.object;
    return { resourceId: row.id, isNew: stored === null, clusterId: pending.key.clusterId, edges, plainInventory };
  });
