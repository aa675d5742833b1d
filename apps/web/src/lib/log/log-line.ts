import type { LogLine } from "@flux-orchestrator/contract";
import { type LogLevel, logLevelOf } from "@flux-orchestrator/flux";

/** One container of a pod. */
export interface LogSource {
  namespace: string;
  pod: string;
  container: string;
}

/** A line of a log as the page keeps it. */
export interface ShownLine extends LogLine {
  source: LogSource;
  /** Compares as its time does; a line without one has that of the line before it. */
  order: string;
  /** As the line states it. */
  level: LogLevel | null;
  /** Of the entry it belongs to: a line that begins with a blank goes on with the one before. */
  entryLevel: LogLevel | null;
}

/** Reads the lines of one container, which have to come in their order. */
export function lineReader(source: LogSource): (lines: readonly LogLine[]) => ShownLine[] {
  let order = "";
  let entryLevel: LogLevel | null = null;
  return (lines) =>
    lines.map((line) => {
      order = line.at === null ? order : orderOf(line.at);
      const level = logLevelOf(line.text);
      if (level !== null || !/^\s/.test(line.text)) entryLevel = level;
      return { ...line, source, order, level, entryLevel };
    });
}

/** Nodes leave out zeros at the end, and write their own zone. */
function orderOf(at: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return at;
  return `${new Date(time).toISOString().slice(0, 19)}.${(/\.(\d+)/.exec(at)?.[1] ?? "").padEnd(9, "0")}`;
}

/** All lines by time, the newest `max` of them; lines of one time stay in the order they came in. */
export function merged(held: readonly ShownLine[], fresh: readonly ShownLine[], max: number): ShownLine[] {
  const lines = [...held, ...fresh];
  const isInOrder = fresh.every((line, at) => line.order >= (lines[held.length + at - 1]?.order ?? ""));
  if (!isInOrder) lines.sort((one, other) => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0));
  return lines.slice(Math.max(0, lines.length - max));
}

/** Which lines are shown. */
export type LevelChoice = "all" | "warn" | "error";
export const atLeast = (choice: LevelChoice, { entryLevel }: ShownLine): boolean =>
  choice === "all" || entryLevel === "error" || (choice === "warn" && entryLevel === "warn");

export const sourceWords = ({ pod, container }: LogSource): string => `${pod}/${container}`;

/** The lines as a file: each with its time, and where several containers are in it, with its pod and container. */
export function logFile(lines: readonly ShownLine[], severalSources: boolean): string {
  const prefix = ({ at, source }: ShownLine) =>
    `${at ?? "-"} ${severalSources ? `${source.namespace}/${sourceWords(source)} ` : ""}`;
  return lines.map((line) => `${prefix(line)}${line.text}\n`).join("");
}
