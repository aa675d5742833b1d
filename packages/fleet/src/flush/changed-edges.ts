import type { EdgesWrite, ResourceKey, StoredResource } from "@flux-orchestrator/db";
import type { Judgement } from "./judge.ts";
import type { Pending } from "./pending.ts";

/** What the written objects of a flush refer to and applied, of those where it differs from what is stored. */
export const changedEdges = (
  judged: readonly { pending: Pending; stored: StoredResource | null; judgement: Judgement }[],
  idOf: (key: ResourceKey) => string,
): EdgesWrite[] =>
  judged.flatMap(({ pending, stored, judgement }) => {
    if (pending.change !== "seen" || !("write" in judgement)) return [];
    const { edges, plainInventory, edgesFingerprint } = pending.object;
    if (stored?.edgesFingerprint === edgesFingerprint) return [];
    const { clusterId } = pending.key;
    return { resourceId: idOf(pending.key), isNew: stored === null, clusterId, edges, plainInventory };
  });
