import type { LogLine } from "@flux-orchestrator/contract";
import { neutralLine } from "@flux-orchestrator/flux";

/** What a line costs beside its text. */
const LINE_COST = 100;
export const costOf = ({ text }: { text: string }): number => text.length + LINE_COST;

/** The newest lines of a log that fit, and how many are known that do not; past a good deal of it no more is read. */
export async function newestLines(
  pieces: AsyncIterable<LogLine[]>,
  { costMax, readMax }: { costMax: number; readMax: number },
): Promise<{ lines: LogLine[]; dropped: number }> {
  let lines: LogLine[] = [];
  let cost = 0;
  let read = 0;
  let dropped = 0;
  for await (const piece of pieces) {
    const shown = piece.map(({ at, text }) => ({ at, text: neutralLine(text) }));
    lines.push(...shown);
    const more = shown.reduce((sum, line) => sum + costOf(line), 0);
    cost += more;
    read += more;
    let passed = 0;
    while (cost > costMax && passed < lines.length - 1) cost -= costOf(lines[passed++]!);
    if (passed > 0) lines = lines.slice(passed);
    dropped += passed;
    // What comes after it is not known, but that it is newer.
    if (read > readMax) return { lines, dropped: dropped + 1 };
  }
  return { lines, dropped };
}
