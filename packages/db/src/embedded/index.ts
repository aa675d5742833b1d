import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type DatabaseTarget, openClient } from "../connect.ts";
import { installBinaries } from "./binaries.ts";
import { lockHome } from "./home-lock.ts";
import { ownedFolder, ownerOf, reachableBase, socketFolder, unprivilegedAccount } from "./place.ts";
import { initialise, launch, type ServerPlace, SUPERUSER, stopOrphan, stopProcess } from "./server.ts";

export { NoEmbeddedPostgresError } from "./binaries.ts";
export { HomeInUseError } from "./home-lock.ts";

const DATABASE = "flux_orchestrator";

export interface EmbeddedPostgres {
  readonly target: DatabaseTarget & { socketDir: string; database: string; user: string };
  /** Where the data lies: `<home>/pg18`, or elsewhere when root's home is closed to the account Postgres runs as. */
  readonly dataDir: string;
  /** Resolves when the server is gone, by `stop` or by itself. */
  readonly exited: Promise<void>;
  /** Runs one statement as the superuser on the `postgres` database: for making databases. */
  admin(statement: string): Promise<void>;
  /** Ends the server; resolves when it is gone and `home` is free. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** An existing folder of ours; data goes to `pg18`, the server's log to `postgres.log`. */
  home: string;
  /** False switches fsync off: for tests. */
  durable?: boolean;
  /** An existing folder that keeps the copy of the binaries; several homes may share one. Without it, each has its own. */
  binaries?: string;
}

/**
 * Starts a Postgres of our own in `home`: Unix socket only, trust authentication inside a folder of mode 0700, an
 * unprivileged user when started by root. A server that a killed process left behind is stopped first.
 *
 * @throws HomeInUseError while another living process uses `home`
 * @throws NoEmbeddedPostgresError where no binaries exist for the platform
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = resolve(options.home);
  const unlock = await lockHome(join(home, "lock"));
  try {
    const isRoot = process.getuid?.() === 0;
    const base = isRoot ? reachableBase(home) : home;
    const data = join(base, "pg18");
    const account = isRoot ? (ownerOf(data) ?? unprivilegedAccount()) : undefined;
    const place: ServerPlace = {
      bin: await installBinaries(options.binaries ?? join(base, "bin")),
      data,
      socketDir: ownedFolder(socketFolder(base), account),
      log: join(home, "postgres.log"),
      account,
      durable: options.durable ?? true,
    };
    if (existsSync(place.data)) await stopOrphan(place);
    else initialise(place);
    const server = await launch(place);
    const exited = new Promise<void>((done) => server.once("exit", () => done()));
    await createDatabase(place.socketDir).catch(async (error) => {
      await stopProcess(server.pid);
      throw error;
    });
    return {
      target: { socketDir: place.socketDir, database: DATABASE, user: SUPERUSER },
      dataDir: place.data,
      exited,
      admin: (statement) => asAdmin(place.socketDir, async (sql) => void (await sql.unsafe(statement))),
      async stop() {
        await stopProcess(server.pid);
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function createDatabase(socketDir: string): Promise<void> {
  await asAdmin(socketDir, async (sql) => {
    const [known] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (known === undefined) await sql`create database ${sql(DATABASE)}`;
  });
}

async function asAdmin(socketDir: string, work: (sql: ReturnType<typeof openClient>) => Promise<void>): Promise<void> {
  const sql = openClient({ socketDir, database: "postgres", user: SUPERUSER }, { max: 1, statementMs: 60_000 });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
