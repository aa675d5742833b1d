import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, openClient, type Sql } from "@flux-orchestrator/db";
import { startEmbeddedPostgres } from "@flux-orchestrator/db/embedded";
import { freePorts, until } from "@flux-orchestrator/testing";
import { owned } from "./owned-processes.ts";

/** A Postgres of the benchmarks' own, as the product starts its embedded one, but on a port of loopback. */
export interface BenchPostgres extends AsyncDisposable {
  /** Of the postmaster. */
  readonly pid: number;
  readonly version: string;
  readonly lz4: boolean;
  url(database: string): string;
  /** A database with the product's schema. */
  create(name: string): Promise<void>;
  drop(name: string): Promise<void>;
}

/** Durable settings are on: an fsync for each commit. */
export async function startBenchPostgres(): Promise<BenchPostgres> {
  const home = mkdtempSync(join(tmpdir(), "fo-bench-"));
  const binaries = join(tmpdir(), `flux-orchestrator-bench-binaries-${process.getuid?.() ?? 0}`);
  mkdirSync(binaries, { recursive: true });
  const embedded = await startEmbeddedPostgres({ home, binaries });
  const { dataDir } = embedded;
  const [program = "", ...args] = commandOf(dataDir);
  await embedded.stop();

  // The very command the product uses, settings and all, but for where it listens.
  const [port] = await freePorts(1);
  const { uid, gid } = statSync(dataDir);
  const server = spawn(program, [...args, "-c", "listen_addresses=127.0.0.1", "-c", `port=${port}`], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" },
    stdio: "ignore",
  });
  const process_ = owned(server, "SIGQUIT");
  const removeData = () => {
    for (const folder of [dataDir, home]) rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", removeData);
  const url = (database: string) => `postgres://flux@127.0.0.1:${port}/${database}`;
  const admin = openPatient(url("postgres"), 1);
  const [row] = await until(
    "Postgres answers",
    async () => admin<{ version: string; lz4: boolean }[]>`
    select current_setting('server_version') as version,
      (select 'lz4' = any(enumvals) from pg_settings where name = 'default_toast_compression') as lz4`,
  );
  return {
    pid: process_.pid,
    version: row!.version,
    lz4: row!.lz4,
    url,
    async create(name) {
      await admin`create database ${admin(name)}`;
      await migrate({ target: { url: url(name) } });
    },
    async drop(name) {
      await admin`drop database if exists ${admin(name)} with (force)`;
    },
    async [Symbol.asyncDispose]() {
      await admin.end({ timeout: 1 });
      await process_.stop("SIGINT");
      removeData();
    },
  };
}

/** The words of the command that ran last on a data directory. */
function commandOf(dataDir: string): string[] {
  const [line = ""] = readFileSync(join(dataDir, "postmaster.opts"), "utf8").split("\n");
  const [program = "", ...args] = line.split(' "');
  return [program, ...args.map((word) => word.replace(/"$/, ""))];
}

/** Connections whose statements may take an hour: generating a million rows takes longer than any query of the product. */
export const openPatient = (url: string, max = 2): Sql => openClient({ url }, { max, statementMs: 60 * 60_000 });

/** Bytes of write-ahead log since the server began. */
export async function walBytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes`;
  return row!.bytes;
}
