import type { ResourceRow } from "@flux-orchestrator/contract";
import { attemptedRevisionOf, isSuspended, revisionOf, suspensionOf } from "@flux-orchestrator/flux";
import type { LiveView } from "./live-view.ts";

/** The stored row with what the live object says now; the watch brings the same a moment later. */
export function liveRow({ stored, object, settled, raw }: LiveView): ResourceRow {
  if (raw === null) return stored.row;
  const memory = "memory" in settled ? (settled as { memory: { since: string } }).memory : null;
  return {
    ...stored.row,
    stale: false,
    uid: object.metadata.uid,
    word: settled.word,
    subState: settled.subState,
    reason: settled.reason,
    message: settled.message,
    revision: revisionOf(object),
    attemptedRevision: attemptedRevisionOf(object),
    suspended: isSuspended(object),
    suspendedBy: suspensionOf(object)?.by ?? null,
    since: memory === null ? stored.row.since : memory.since,
  };
}
