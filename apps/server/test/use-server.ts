import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { freePorts } from "@flux-orchestrator/testing";
import pino from "pino";
import { readConfig } from "../src/config.ts";
import { type Running, run } from "../src/run.ts";

/**
 * The product as it is started, on a port and a database of this test file's own.
 * @param over where else the address of its database leads: a proxy that can break
 */
export function useServer({ over = async (url) => url }: { over?: (url: string) => Promise<string> } = {}): {
  readonly url: string;
  readonly database: Database;
  /** Everything it has logged, as JSON lines. */
  readonly logged: string;
  stop(): Promise<void>;
} {
  setDefaultTimeout(180_000);
  const home = mkdtempSync(join(tmpdir(), "fo-server-"));
  let running: Running | undefined;
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  // Before the database's own: hooks run in the order in which they are declared.
  afterAll(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  }, 180_000);
  const db = useDatabase();
  let url = "";
  const lines: string[] = [];
  const log = pino(
    { level: "debug", base: null, formatters: { level: (level) => ({ level }) } },
    {
      write: (line: string) => void lines.push(line),
    },
  );
  beforeAll(async () => {
    const [port] = await freePorts(1);
    const env = {
      HOME: home,
      FLUX_ORCHESTRATOR_HOME: home,
      PORT: String(port),
      DATABASE_URL: await over(await db.url()),
    };
    running = await run(readConfig(env), log, () => {});
    url = running.url;
  }, 180_000);
  return {
    get url() {
      return url;
    },
    get database() {
      return db.database;
    },
    get logged() {
      return lines.join("");
    },
    stop,
  };
}
