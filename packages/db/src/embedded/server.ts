import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DatabaseTarget, openClient } from "../connect.ts";
import { type Account, ownedFolder } from "./place.ts";
import { commandLine, processStart, readText } from "./process-facts.ts";

/** Everything one server is started with. */
export interface ServerPlace {
  /** Folder of `initdb` and `postgres`. */
  bin: string;
  data: string;
  socketDir: string;
  log: string;
  account: Account | undefined;
  /** False: no fsync. */
  durable: boolean;
}

export const SUPERUSER = "flux";
const START_DEADLINE_MS = 60_000;
/** How long the shared memory of a server that was killed may stay in use by its last processes. */
const LEFTOVERS_MS = 5_000;
const STOP_DEADLINE_MS = 15_000;
const POLL_MS = 10;
const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Locale and library path must not depend on who starts us. */
const SERVER_ENV = { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };

/** Makes the data directory, all of it or nothing: it gets its name last, so a start killed halfway begins anew. */
export function initialise({ bin, data, account, durable }: ServerPlace): void {
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  ownedFolder(draft, account);
  const args = ["-D", draft, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C"];
  args.push("--locale-provider=builtin", "--builtin-locale=C.UTF-8");
  if (!durable) args.push("--no-sync");
  const made = spawnSync(join(bin, "initdb"), args, { ...account, env: SERVER_ENV, cwd: "/", encoding: "utf8" });
  if (made.status !== 0) {
    const why = made.error?.message ?? made.stderr?.trim().split("\n").at(-1) ?? `status ${made.status}`;
    throw new Error(`Postgres could not make its data directory ${data}: ${why}`);
  }
  renameSync(draft, data);
}

/** Starts the server and resolves once it answers. */
export async function launch(place: ServerPlace): Promise<ChildProcess> {
  const began = Date.now();
  for (;;) {
    const server = spawnServer(place);
    try {
      await untilReady(server, place);
      return server;
    } catch (error) {
      if (!(error instanceof EndedEarlyError)) {
        await stopProcess(server.pid);
        throw error;
      }
      // Right after a kill -9 of Postgres its last processes may still hold on to its memory.
      const leftovers = /shared memory block .* is still in use|lock file ".*" already exists/.test(tailOf(place.log));
      if (!leftovers || Date.now() - began > LEFTOVERS_MS) throw error;
      await pause(100);
    }
  }
}

function spawnServer(place: ServerPlace): ChildProcess {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    // Compiling a plan costs more than any query of ours runs.
    jit: "off",
    log_timezone: "UTC",
    timezone: "UTC",
    ...(place.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  if ((statSync(place.log, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX)
    renameSync(place.log, `${place.log}.1`);
  const log = openSync(place.log, "a", 0o600);
  // Its own process group: Ctrl-C reaches us first, and we stop it after everything that uses it.
  const server = spawn(join(place.bin, "postgres"), ["-D", place.data, ...args], {
    ...place.account,
    env: SERVER_ENV,
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  server.unref();
  return server;
}

class EndedEarlyError extends Error {}

async function untilReady(server: ChildProcess, { socketDir, log }: ServerPlace): Promise<void> {
  const ended = new Promise<never>((_, fail) => {
    server.once("error", (error) =>
      fail(new Error(`Postgres could not be started: ${error.message}`, { cause: error })),
    );
    server.once("exit", (code) =>
      fail(new EndedEarlyError(`Postgres ended with ${code} while starting; its log is ${log}`)),
    );
  });
  ended.catch(() => {});
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    if (await Promise.race([ended, answers(socketDir)])) return;
    if (Date.now() > deadline)
      throw new Error(`Postgres did not answer within ${START_DEADLINE_MS / 1000} s; its log is ${log}`);
    await Promise.race([ended, pause(POLL_MS)]);
  }
}

/** Whether the server takes a connection; one client per try, because a client waits longer after each failure. */
async function answers(socketDir: string): Promise<boolean> {
  const target: DatabaseTarget = { socketDir, database: "postgres", user: SUPERUSER };
  const probe = openClient(target, { max: 1 });
  try {
    await probe`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await probe.end({ timeout: 0 });
  }
}

/**
 * Ends a server that a killed process of ours left behind, and removes what a killed server left: both name a process id
 * that may meanwhile be somebody else's. Only for the holder of the home's lock.
 */
export async function stopOrphan({ data, socketDir }: Pick<ServerPlace, "data" | "socketDir">): Promise<void> {
  const file = join(data, "postmaster.pid");
  const [pid, directory] = readText(file).split("\n");
  if (directory === data && isServerOf(Number(pid), data)) await stopProcess(Number(pid));
  rmSync(file, { force: true });
  rmSync(join(socketDir, ".s.PGSQL.5432.lock"), { force: true });
}

function isServerOf(pid: number, data: string): boolean {
  const command = commandLine(pid);
  return pid > 1 && command.includes("postgres") && command.includes(` ${data} `);
}

/**
 * SIGINT is Postgres' fast shutdown: sessions are ended, data is flushed. SIGQUIT, if that takes too long, leaves recovery to
 * the next start. Resolves when the process is gone; a later process with its id is not touched.
 */
export async function stopProcess(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  const start = processStart(pid);
  const gone = () => start === undefined || processStart(pid) !== start;
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (gone()) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + STOP_DEADLINE_MS; Date.now() < deadline; await pause(POLL_MS))
      if (gone()) return;
  }
  throw new Error(`Postgres (process ${pid}) does not end`);
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const tailOf = (log: string) => readText(log).slice(-2_000);
