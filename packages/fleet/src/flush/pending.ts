import type { ResourceKey } from "@flux-orchestrator/db";
import type { NormalisedObject } from "@flux-orchestrator/flux";

/** What is known of one object and not stored yet; the last one of a key wins. */
export type Pending =
  /** `mayBeGone`: told by a watch that goes on from an older version, and may have been deleted since. */
  | { change: "seen"; key: ResourceKey; object: NormalisedObject; mayBeGone?: true }
  /** `uid`: which incarnation is gone; null: whichever is stored. */
  | { change: "gone"; key: ResourceKey; uid: string | null }
  /** Time alone may have changed its word. `overdueAtMs`: from when on its next run is overdue, as last heard of. */
  | { change: "recheck"; key: ResourceKey; overdueAtMs?: number };

export const nameOfKey = ({ group, kind, namespace, name }: Omit<ResourceKey, "clusterId">): string =>
  `${group}/${kind}/${namespace}/${name}`;
