import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect, type DatabaseTarget, openClient } from "../connect.ts";
import { installBinaries } from "./binaries.ts";
import { lockHome } from "./home-lock.ts";

export { NoEmbeddedPostgresError } from "./binaries.ts";
export { HomeInUseError } from "./home-lock.ts";

const USER = "flux";
const DATABASE = "flux_orchestrator";
/** The kernel's limit for a socket path is 107 bytes; the file's name takes 15. */
const SOCKET_DIR_MAX = 90;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;

export interface EmbeddedPostgres {
  readonly target: DatabaseTarget & { socketDir: string; database: string; user: string };
  /** Ends the server; the promise resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a Postgres of our own in `home`: Unix socket only, trust authentication inside a folder of mode 0700, an
 * unprivileged user when started by root. A server that a killed process left behind is stopped first.
 *
 * @param options.home an existing folder; data goes to `pg18`, the server's log to `postgres.log`
 * @param options.durable false switches fsync off, for tests
 * @throws HomeInUseError while another living process uses `home`
 * @throws NoEmbeddedPostgresError where no binaries exist for the platform
 */
export async function startEmbeddedPostgres(options: { home: string; durable?: boolean }): Promise<EmbeddedPostgres> {
  const { home, durable = true } = options;
  const unlock = await lockHome(join(home, "lock"));
  try {
    const account = unprivileged();
    const base = account === undefined ? home : reachableBase(home);
    const bin = await installBinaries(join(base, "bin"));
    const data = join(base, "pg18");
    const socketDir = ownedFolder(socketFolder(base), account);
    ownedFolder(data, account);
    if (!existsSync(join(data, "PG_VERSION"))) initialise(bin, data, account, durable);
    await stopOrphan(data);
    const server = launch({ bin, data, socketDir, account, durable, log: join(home, "postgres.log") });
    const target = { socketDir, database: DATABASE, user: USER };
    await ready(server, target, join(home, "postgres.log"));
    await createDatabase(target);
    return {
      target,
      async stop() {
        await stopServer(server.pid!);
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface Account {
  uid: number;
  gid: number;
}

/** Postgres refuses to run as root: the account it runs under instead; undefined when we are not root. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "started by root, but there is neither a user postgres nor nobody to run Postgres as; set DATABASE_URL or start as an ordinary user",
  );
}

/**
 * The folder the unprivileged account can reach. Only entries of their own mode lie in `home`, so passing through it (0711)
 * gives nothing away; when a parent such as root's home is closed, the data goes to the system's place for it.
 */
function reachableBase(home: string): string {
  let open = true;
  for (let folder = dirname(home); folder !== dirname(folder); folder = dirname(folder))
    open &&= (statSync(folder).mode & 0o001) !== 0;
  if (open) {
    chmodSync(home, 0o711);
    return home;
  }
  const base = join("/var/lib/flux-orchestrator", createHash("sha256").update(home).digest("hex").slice(0, 12));
  mkdirSync(base, { recursive: true, mode: 0o711 });
  return base;
}

function socketFolder(base: string): string {
  const inside = join(base, "run");
  if (Buffer.byteLength(inside) <= SOCKET_DIR_MAX) return inside;
  return join(tmpdir(), `flux-orchestrator-${createHash("sha256").update(base).digest("hex").slice(0, 16)}`);
}

/** Makes a folder of mode 0700 for the account. Parents are made apart: `recursive` would give them the mode too. */
function ownedFolder(path: string, account: Account | undefined): string {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  const owner = statSync(path).uid;
  const wanted = account?.uid ?? process.getuid?.() ?? owner;
  if (account !== undefined && owner !== wanted) chownSync(path, account.uid, account.gid);
  else if (owner !== wanted)
    throw new Error(`${path} belongs to another user; remove it or set FLUX_ORCHESTRATOR_HOME`);
  chmodSync(path, 0o700);
  return path;
}

/** Locale and library path must not depend on who starts us. */
const serverEnv = { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };

function initialise(bin: string, data: string, account: Account | undefined, durable: boolean): void {
  const args = [
    "-D",
    data,
    "-U",
    USER,
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ];
  const made = spawnSync(join(bin, "initdb"), durable ? args : [...args, "--no-sync"], {
    ...account,
    env: serverEnv,
    cwd: "/",
    encoding: "utf8",
  });
  if (made.status !== 0)
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr?.trim().split("\n").at(-1) ?? made.status}`);
}

function launch(o: {
  bin: string;
  data: string;
  socketDir: string;
  account: Account | undefined;
  durable: boolean;
  log: string;
}): ChildProcess {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: o.socketDir,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    // Compiling a plan costs more than any query of ours runs.
    jit: "off",
    log_timezone: "UTC",
    timezone: "UTC",
    ...(o.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const log = openSync(o.log, "a", 0o600);
  // Its own process group: Ctrl-C reaches us first, and we stop it after everything that uses it.
  const server = spawn(join(o.bin, "postgres"), ["-D", o.data, ...args], {
    ...o.account,
    env: serverEnv,
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  server.unref();
  return server;
}

async function ready(server: ChildProcess, target: DatabaseTarget & { user: string }, log: string): Promise<void> {
  const ended = new Promise<never>((_, fail) => {
    server.once("error", (error) => fail(new Error(`Postgres could not be started: ${error.message}`)));
    server.once("exit", (code) => fail(new Error(`Postgres ended with ${code} while starting; its log is ${log}`)));
  });
  ended.catch(() => {});
  const deadline = Date.now() + START_DEADLINE_MS;
  const probe = openClient({ ...target, database: "postgres" } as DatabaseTarget, { max: 1 });
  try {
    for (;;) {
      const up = await Promise.race([
        ended,
        probe`select 1`.then(
          () => true,
          () => false,
        ),
      ]);
      if (up) return;
      if (Date.now() > deadline)
        throw new Error(`Postgres did not answer within ${START_DEADLINE_MS / 1000} s; its log is ${log}`);
      await Promise.race([ended, new Promise((done) => setTimeout(done, 15))]);
    }
  } finally {
    server.removeAllListeners("exit");
    await probe.end({ timeout: 1 });
  }
}

async function createDatabase(target: { socketDir: string; user: string }): Promise<void> {
  const { sql, close } = connect({ ...target, database: "postgres" }, { max: 1 });
  try {
    const [known] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (known === undefined) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await close();
  }
}

/** After a `kill -9` of ours the server runs on. We hold the lock, so nobody else uses it: stop it and start our own. */
async function stopOrphan(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const [pid, directory] = readFileSync(file, "utf8").split("\n");
  if (directory === data && Number(pid) > 1 && isPostgres(Number(pid))) await stopServer(Number(pid));
}

const isPostgres = (pid: number) =>
  /postgres/.test(spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "");

/** SIGINT is Postgres' fast shutdown: sessions are ended, data is flushed. SIGQUIT, if that takes too long, recovers at the next start. */
async function stopServer(pid: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!isPostgres(pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + STOP_DEADLINE_MS;
    while (Date.now() < deadline) {
      if (!alive(pid)) return;
      await new Promise((done) => setTimeout(done, 10));
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A child that ended but was not waited for yet still takes signals.
  return !/^Z/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() ?? "");
}
