import type { ResourceRow } from "@flux-orchestrator/contract";
import type { Readiness } from "@flux-orchestrator/flux";

/** What `data-s` says for a word: the tone and the glyph. */
export const toneOf = (word: Readiness): string => word.toLowerCase();

/** Words that want a look, worst first; `Progressing`, `Suspended`, `Static`, `Terminating` and `Ready` do not. */
export const ATTENTION: Readiness[] = ["Stalled", "Failed", "Blocked", "Retrying", "Drifted", "Unknown"];

type Worded = Pick<ResourceRow, "word" | "subState" | "stale" | "unreconciled">;

/** The word is the last one there was: nothing that is known now stands behind it. */
export const isDoubtful = (row: Pick<ResourceRow, "stale" | "unreconciled">): boolean =>
  row.stale || row.unreconciled !== null;

/** That nobody reconciles it; else the sub-state, unless it only repeats what is said beside it anyway. */
export function besideWord(row: Worded, said: string | null = null): string | null {
  if (row.unreconciled !== null) return "not reconciled";
  return row.subState === row.word || row.subState === said ? null : row.subState;
}

/** What the controller said last, after why it says no more. */
export const saidOf = (row: Pick<ResourceRow, "message" | "unreconciled">): string =>
  [...(row.unreconciled === null ? [] : [`${row.unreconciled}.`]), row.message].join(" ").trim();

/** A stale row keeps its word and says that it is old; one that nobody reconciles keeps it without its tone. */
export const shownWord = (row: Worded): { tone: string; word: string } => ({
  tone: isDoubtful(row) ? "stale" : toneOf(row.word),
  word: row.stale ? `was ${row.word}` : row.word,
});
