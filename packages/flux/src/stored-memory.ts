import type { SettleMemory } from "./settle.ts";
import type { Readiness } from "./words.ts";

/** The row a memory is kept with: most of what settling remembers stands in it anyway. */
export interface RememberingRow {
  uid: string;
  word: string;
  reason: string | null;
  message: string;
  attemptedRevision: string | null;
  generation: number | null;
  /** ISO 8601. */
  since: string;
}

const fromRow = (row: RememberingRow): SettleMemory => ({
  uid: row.uid,
  verdict: row.word as Readiness,
  reason: row.reason,
  message: row.message,
  judged: row.attemptedRevision,
  generation: row.generation,
  attempted: row.attemptedRevision,
  word: row.word as Readiness,
  since: row.since,
  resumedAt: null,
});

/** What has to be kept of a memory beside its row, JSON: where the two differ. */
export function storedMemory(memory: SettleMemory, row: RememberingRow): string {
  const known = fromRow(row);
  const fields = Object.keys(memory) as (keyof SettleMemory)[];
  const differs = fields.filter((field) => known[field] !== memory[field]);
  return differs.length === 0 ? "{}" : JSON.stringify(memory, differs);
}

/** The memory again, from the row and what was kept beside it. */
export const memoryOf = (row: RememberingRow, stored: string): SettleMemory => ({
  ...fromRow(row),
  ...(JSON.parse(stored) as Partial<SettleMemory>),
});
