import { afterAll, beforeAll } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Server } from "node:net";
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
export function useDatabase(): {
  readonly database: Database;
  empty(name: string): Promise<Database>;
  /** `postgres://…`, over TCP. */
  url(): Promise<string>;
} {
  const folder = temporaryHome();
  const opened: Database[] = [];
  const bridges: Server[] = [];
  let server: EmbeddedPostgres | undefined;
  const running = () => server ?? expectedStarted();
  beforeAll(async () => {
    mkdirSync(TEST_BINARIES, { recursive: true });
    server = await startEmbeddedPostgres({ home: folder.home, binaries: TEST_BINARIES, durable: false });
    const database = connect(server.target);
    opened.push(database);
    await migrate(database);
  }, 180_000);
  afterAll(async () => {
    for (const database of opened) await database.close();
    for (const bridge of bridges) bridge.close();
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
    async url() {
      const { socketDir, user, database } = running().target;
      const bridge = await bridgeTo(`${socketDir}/.s.PGSQL.5432`);
      bridges.push(bridge);
      return `postgres://${user}@127.0.0.1:${(bridge.address() as AddressInfo).port}/${database}`;
    },
  };
}

/** The embedded server has no port: connections are handed on to its socket. */
function bridgeTo(socket: string): Promise<Server> {
  const bridge = createServer((client) => {
    const server = createConnection(socket);
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  });
  return new Promise((listening) => bridge.listen(0, "127.0.0.1", () => listening(bridge)));
}

function expectedStarted(): never {
  throw new Error("the database starts before the first test");
}
