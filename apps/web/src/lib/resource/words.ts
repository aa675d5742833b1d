import type { ResourceRow } from "@flux-orchestrator/contract";
import type { Readiness } from "@flux-orchestrator/flux";

/** What `data-s` says for a word: the tone and the glyph. */
export const toneOf = (word: Readiness): string => word.toLowerCase();

/** Words that want a look, worst first; `Progressing`, `Suspended`, `Static`, `Terminating` and `Ready` do not. */
export const ATTENTION: Readiness[] = ["Stalled", "Failed", "Blocked", "Retrying", "Drifted", "Unknown"];

/** The sub-state, unless it only repeats what is said beside it anyway. */
export const besideWord = (row: Pick<ResourceRow, "word" | "subState">, said: string | null = null): string | null =>
  row.subState === row.word || row.subState === said ? null : row.subState;

/** A stale row keeps its word and says that it is old. */
export const shownWord = (row: Pick<ResourceRow, "word" | "stale">): { tone: string; word: string } =>
  row.stale ? { tone: "stale", word: `was ${row.word}` } : { tone: toneOf(row.word), word: row.word };
