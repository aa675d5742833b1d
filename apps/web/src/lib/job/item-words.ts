import type { Job, JobItem, JobItemState } from "@flux-orchestrator/contract";
import { fluxKind } from "@flux-orchestrator/flux";
import { BULK_WORDS, bulkActionOf } from "../bulk/bulk-words.ts";

const TONES: Record<JobItemState, string> = {
  waiting: "unknown",
  running: "progressing",
  succeeded: "ready",
  failed: "failed",
  skipped: "static",
  cancelled: "suspended",
  unknown: "unknown",
};
const WORDS: Record<JobItemState, string> = {
  waiting: "Waiting",
  running: "Running",
  succeeded: "Done",
  failed: "Failed",
  skipped: "Skipped",
  cancelled: "Not begun",
  unknown: "Unknown",
};
/** What wants a look first. */
export const STATES_SHOWN: readonly JobItemState[] = [
  "failed",
  "unknown",
  "running",
  "waiting",
  "succeeded",
  "skipped",
  "cancelled",
];

/** How items of a job in this state stand, as tone and word. */
export function stateWords(job: Pick<Job, "name">, state: JobItemState): { tone: string; word: string } {
  const action = bulkActionOf(job);
  return {
    tone: TONES[state],
    word: state === "succeeded" && action !== null ? BULK_WORDS[action].done : WORDS[state],
  };
}

/** How a job stands as a whole. */
export function jobState({ state, counts, total }: Pick<Job, "state" | "counts" | "total">): {
  tone: string;
  word: string;
} {
  if (state === "waiting") return { tone: "unknown", word: "Waiting" };
  if (state === "running") return { tone: "progressing", word: "Running" };
  if (state === "cancelling") return { tone: "progressing", word: "Cancelling" };
  if (counts.failed > 0) return { tone: "failed", word: counts.failed === total ? "Failed" : "Ended with failures" };
  if (counts.unknown > 0) return { tone: "unknown", word: "Ended, some unknown" };
  if (counts.cancelled > 0) return { tone: "suspended", word: "Cancelled" };
  return { tone: "ready", word: "Ended" };
}

/** The Flux object that an item is about, of its title; null when it is about something else. */
export function objectOf({ title }: Pick<JobItem, "title">): { kind: string; namespace: string; name: string } | null {
  const [, kind = "", namespace = "", name = ""] = /^(\S+) ([^/\s]+)\/(\S+)$/.exec(title) ?? [];
  return fluxKind(kind) === undefined ? null : { kind, namespace, name };
}
