import { maskUrls } from "./mask.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Escape sequences of terminals: colours and cursor moves, and those that carry titles, links or the clipboard. */
const SEQUENCES = /(?!\t)\p{Cc}(?:\[[0-?]*[ -/]*[@-~]|\][^\p{Cc}]*\p{Cc}?\\?)/gu;
const INVISIBLE = /(?!\t)[\p{Cc}\p{Bidi_Control}]/gu;

/** A line of a log as it may be shown: no terminal is steered by it, no text turned around, no password of a URL in it. */
export const neutralLine = (text: string): string =>
  maskUrls(text.replace(/\r$/, "").replace(SEQUENCES, "").replace(INVISIBLE, "\ufffd")).toWellFormed();

/** Words of loggers, by what they mean here. */
const WORDS: Readonly<Record<string, LogLevel>> = {
  ...{ panic: "error", fatal: "error", critical: "error", crit: "error", error: "error", err: "error" },
  ...{ warning: "warn", warn: "warn", notice: "info", information: "info", info: "info" },
  ...{ debug: "debug", trace: "debug" },
};
const KLOG: Readonly<Record<string, LogLevel>> = { I: "info", W: "warn", E: "error", F: "error" };
/** Further in, it is a word of the message. */
const LOOKED_AT = 160;

/** The level a line states: in JSON, as `level=`, as klog's first letter, or as a word of its own near the front; null when none. */
export function logLevelOf(text: string): LogLevel | null {
  const front = text.slice(0, LOOKED_AT);
  const json = text.startsWith("{") ? /"(?:level|lvl|severity)"\s*:\s*"(\w+)"/.exec(text) : null;
  const stated = json ?? /\b(?:level|lvl|severity)="?(\w+)/.exec(front);
  if (stated !== null) return WORDS[stated[1]!.toLowerCase()] ?? null;
  const klog = /^([IWEF])\d{4} \d\d:\d\d:\d\d/.exec(text);
  if (klog !== null) return KLOG[klog[1]!] ?? null;
  const word =
    /\b(PANIC|FATAL|CRITICAL|ERROR|WARNING|WARN|INFO|DEBUG|TRACE)\b|\[(error|warn|warning|info|debug)\]/.exec(front);
  return word === null ? null : (WORDS[(word[1] ?? word[2])!.toLowerCase()] ?? null);
}
