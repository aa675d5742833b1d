import { LOG_LINES_MAX, type LogLine } from "@flux-orchestrator/contract";

/** A number of lines as REST v1 takes it: clamped, and what is no number is as good as absent. None or fewer: all, or the default. */
export function tailOf(text: string | null, { absent, none }: { absent: number; none: "all" | "default" }): number {
  const lines = text !== null && /^[+-]?\d+$/.test(text) ? Number(text) : absent;
  if (lines <= 0) return none === "all" ? LOG_LINES_MAX : absent;
  return Math.min(lines, LOG_LINES_MAX);
}

/** A line as text, with its time before it where that is wanted. */
export const lineText = ({ at, text }: LogLine, withTimes: boolean): string =>
  `${withTimes && at !== null ? `${at} ` : ""}${text}\n`;
