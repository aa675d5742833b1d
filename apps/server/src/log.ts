import { renameSync, statSync } from "node:fs";
import { join } from "node:path";
import pino, { type Logger } from "pino";
import pretty from "pino-pretty";
import type { Config } from "./config.ts";

const LOG_BYTES_MAX = 20 * 1024 * 1024;

/**
 * Logs to standard error, readable in a terminal and JSON elsewhere, and as JSON to `server.log` in the home. Standard
 * output is for people: the address, and codes. What is logged never holds a credential; these paths are a second net.
 */
export function createLog(config: Pick<Config, "home" | "logLevel">): Logger {
  const file = join(config.home, "server.log");
  rotate(file);
  const terminal = process.stderr.isTTY
    ? pretty({
        destination: 2,
        colorize: process.env["NO_COLOR"] === undefined,
        ignore: "pid,hostname",
        singleLine: true,
        sync: true,
      })
    : pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: {
        paths: ["*.token", "*.password", "*.authorization", "*.kubeconfig", "*.cause.input"],
        censor: "[redacted]",
      },
    },
    pino.multistream([
      { level: config.logLevel, stream: terminal },
      { level: config.logLevel, stream: pino.destination({ dest: file, mkdir: true, mode: 0o600, sync: true }) },
    ]),
  );
}

/** One older log is kept. */
function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
}
