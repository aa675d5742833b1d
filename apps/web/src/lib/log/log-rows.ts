import type { ShownLine } from "./log-line.ts";

/** A part of a line that stands in one row on the page; every row is equally high, so that only those in sight are drawn. */
export interface LogRow {
  line: ShownLine;
  /** Which of the lines. */
  at: number;
  from: number;
  to: number;
}

/** Characters of a line that is not wrapped; the file has all of it. */
export const ROW_MAX = 4000;
const TAB_COLUMNS = 2;

/** One row for each line, or as many as it needs in so many columns of a monospaced font. */
export function rowsOf(lines: readonly ShownLine[], columns: number | null): LogRow[] {
  return lines.flatMap((line, at) =>
    columns === null
      ? [{ line, at, from: 0, to: Math.min(line.text.length, ROW_MAX) }]
      : cuts(line.text, Math.max(1, columns)).map(([from, to]) => ({ line, at, from, to })),
  );
}

function cuts(text: string, columns: number): [number, number][] {
  const found: [number, number][] = [];
  let from = 0;
  let width = 0;
  let at = 0;
  for (const character of text) {
    const wide = widthOf(character);
    if (width + wide > columns && at > from) {
      found.push([from, at]);
      from = at;
      width = 0;
    }
    width += wide;
    at += character.length;
  }
  return [...found, [from, at]];
}

/** Columns that it takes. */
function widthOf(character: string): number {
  if (character === "\t") return TAB_COLUMNS;
  return character.charCodeAt(0) < 0x1100 ? 1 : 2;
}
