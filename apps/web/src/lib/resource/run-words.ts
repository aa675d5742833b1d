import type { ReconcileRun } from "@flux-orchestrator/contract";

const ENDED: Record<NonNullable<ReconcileRun["outcome"]>, [tone: string, word: string]> = {
  ready: ["ready", "Ready"],
  failed: ["failed", "Failed"],
  "timed-out": ["retrying", "Not ended in time"],
  superseded: ["static", "Superseded by a newer request"],
  suspended: ["suspended", "Suspended"],
  deleted: ["terminating", "Deleted"],
  unknown: ["unknown", "Outcome unknown"],
};

/** Tone and word of a reconcile: how it ended, or how far it is. */
export function runWords(run: Pick<ReconcileRun, "phase" | "outcome">): [tone: string, word: string] {
  if (run.outcome !== null) return ENDED[run.outcome];
  return ["progressing", run.phase === "handled" ? "Handled" : "Requested"];
}
