import type { ResourceChange, ResourceRow } from "@flux-orchestrator/contract";

/** A row of a list as it stands on the page. */
export interface ListedRow {
  row: ResourceRow;
  /** The row as it was when it got its place. */
  placed: ResourceRow;
  /** When it last changed under the reader's eyes, milliseconds; null if it never did. */
  changedAtMs: number | null;
  /** It stays where it is, dimmed, until the reader asks for the list again. */
  gone: "deleted" | "left" | null;
}
/** A list that never reorders by itself: what would move waits until asked for. */
export interface LiveRows {
  rows: ListedRow[];
  /** Ids that match now and are not listed. */
  news: ReadonlySet<string>;
  /** Ids of listed rows that left, went or would stand elsewhere. */
  moved: ReadonlySet<string>;
}

export const NO_ROWS: LiveRows = { rows: [], news: new Set(), moved: new Set() };

const inPlace = (row: ResourceRow): ListedRow => ({ row, placed: row, changedAtMs: null, gone: null });

/** A freshly fetched window. */
export const listed = (rows: readonly ResourceRow[]): LiveRows => ({
  rows: rows.map(inPlace),
  news: new Set(),
  moved: new Set(),
});

/** Appends the next window; rows that are already listed are not repeated. */
export function append(list: LiveRows, rows: readonly ResourceRow[]): LiveRows {
  const ids = new Set(list.rows.map((other) => other.row.id));
  const added = rows.filter((row) => !ids.has(row.id));
  const news = new Set([...list.news].filter((id) => !added.some((row) => row.id === id)));
  return { ...list, news, rows: [...list.rows, ...added.map(inPlace)] };
}

/** Whether what a reader sees of a row differs. */
const looksChanged = (before: ResourceRow, after: ResourceRow): boolean =>
  before.word !== after.word ||
  before.subState !== after.subState ||
  before.revision !== after.revision ||
  before.message !== after.message ||
  before.stale !== after.stale ||
  before.unreconciled !== after.unreconciled ||
  before.clusterName !== after.clusterName;

/**
 * Applies changes in place. `matches` is the list's query; `sortKey` is what the list is ordered by, so that a row which
 * would now stand elsewhere is counted as moved.
 */
export function applyChanges(
  list: LiveRows,
  changes: readonly ResourceChange[],
  rule: { matches(row: ResourceRow): boolean; sortKey(row: ResourceRow): string; nowMs: number },
): LiveRows {
  const at = new Map(list.rows.map((listedRow, index) => [listedRow.row.id, index]));
  const rows = [...list.rows];
  const news = new Set(list.news);
  const moved = new Set(list.moved);
  for (const change of changes) {
    const index = at.get(change.id);
    const row = change.op === "delete" ? null : change.row;
    if (index === undefined) {
      if (row !== null && rule.matches(row)) news.add(change.id);
      else news.delete(change.id);
      continue;
    }
    const before = rows[index] as ListedRow;
    if (row === null) {
      rows[index] = { ...before, gone: "deleted", changedAtMs: rule.nowMs };
      moved.add(change.id);
      continue;
    }
    const gone = rule.matches(row) ? null : "left";
    const changed = looksChanged(before.row, row) || before.gone !== gone;
    rows[index] = { ...before, row, gone, changedAtMs: changed ? rule.nowMs : before.changedAtMs };
    if (gone !== null || rule.sortKey(before.placed) !== rule.sortKey(row)) moved.add(change.id);
    else moved.delete(change.id);
  }
  return { rows, news, moved };
}

/** `3 new, 2 changed: show`; null when nothing waits. */
export function waitingWords(list: LiveRows): string | null {
  const parts = [
    ...(list.news.size > 0 ? [`${list.news.size} new`] : []),
    ...(list.moved.size > 0 ? [`${list.moved.size} changed`] : []),
  ];
  return parts.length === 0 ? null : `${parts.join(", ")}: show`;
}
