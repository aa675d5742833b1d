import { afterAll, beforeAll } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Database } from "./connect.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/index.ts";
import { migrate } from "./migrate.ts";

/** A fresh folder for one test file; `remove` when done. */
export function temporaryHome(): { home: string; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), "flux-db-"));
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** The binaries are copied once per machine, not once per test file. */
export const TEST_BINARIES = join(tmpdir(), `flux-orchestrator-test-binaries-${process.getuid?.() ?? 0}`);

/** A migrated database of a Postgres of this test file's own, started before its tests and removed after them. */
export function useDatabase(): { readonly database: Database; empty(name: string): Promise<Database> } {
  const folder = temporaryHome();
  const opened: Database[] = [];
  let server: EmbeddedPostgres | undefined;
  const running = () => server ?? expectedStarted();
  beforeAll(async () => {
    mkdirSync(TEST_BINARIES, { recursive: true });
    server = await startEmbeddedPostgres({ home: folder.home, binaries: TEST_BINARIES, durable: false });
    const database = connect(server.target);
    opened.push(database);
    await migrate(database);
  }, 60_000);
  afterAll(async () => {
    for (const database of opened) await database.close();
    await server?.stop();
    folder.remove();
  });
  return {
    get database() {
      return opened[0] ?? expectedStarted();
    },
    /** Another database of the same server, without a schema. */
    async empty(name) {
      await running().admin(`create database ${name}`);
      const database = connect({ ...running().target, database: name });
      opened.push(database);
      return database;
    },
  };
}

function expectedStarted(): never {
  throw new Error("the database starts before the first test");
}
