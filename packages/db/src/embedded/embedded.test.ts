import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connect, type Database } from "../connect.ts";
import { TEST_BINARIES, temporaryHome } from "../test-database.ts";
import { type EmbeddedPostgres, HomeInUseError, startEmbeddedPostgres } from "./index.ts";
import { unprivilegedAccount } from "./place.ts";
import { processStart } from "./process-facts.ts";

setDefaultTimeout(180_000);
let folder: ReturnType<typeof temporaryHome>;
const running: EmbeddedPostgres[] = [];
const opened: Database[] = [];

beforeEach(() => {
  mkdirSync(TEST_BINARIES, { recursive: true });
  folder = temporaryHome();
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  for (const server of running.splice(0)) await server.stop();
  folder.remove();
});

/** @param options.durable false where nothing is killed: fsync is what takes long */
async function start(
  options: { home?: string; durable?: boolean } = {},
): Promise<{ server: EmbeddedPostgres; database: Database }> {
  const server = await startEmbeddedPostgres({ home: folder.home, binaries: TEST_BINARIES, ...options });
  running.push(server);
  const database = connect(server.target);
  opened.push(database);
  return { server, database };
}
async function stop(server: EmbeddedPostgres): Promise<void> {
  for (const database of opened.splice(0)) await database.close();
  await server.stop();
  running.splice(running.indexOf(server), 1);
}
const pidOf = ({ dataDir }: Pick<EmbeddedPostgres, "dataDir">) =>
  Number(readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
const rowsOf = async (database: Database) => (await database.sql`select value from kept`).map(({ value }) => value);

/** Another process that starts a Postgres in the same home, stores a row and lives on. */
async function startElsewhere() {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(join(import.meta.dir, "index.ts"))});
    const { connect } = await import(${JSON.stringify(join(import.meta.dir, "../connect.ts"))});
    const server = await startEmbeddedPostgres({ home: process.env.HOME_OF_TEST, binaries: process.env.BINARIES });
    const { sql } = connect(server.target);
    await sql\`create table kept (value text)\`;
    await sql\`insert into kept values ('stored before the kill')\`;
    console.log(server.dataDir);`;
  const child = Bun.spawn([process.execPath, "--eval", script], {
    cwd: import.meta.dir,
    env: { ...process.env, HOME_OF_TEST: folder.home, BINARIES: TEST_BINARIES },
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return { child, dataDir: new TextDecoder().decode(value).trim() };
}

test("a first start makes a database that only its own account reaches; a second one finds what was stored", async () => {
  const { server, database } = await start();
  await database.sql`create table kept (value text)`;
  await database.sql`insert into kept values ('before')`;
  const [settings] = await database.sql`
    select current_setting('listen_addresses') as addresses, current_setting('unix_socket_permissions') as socket,
      current_setting('fsync') as fsync, current_setting('server_encoding') as encoding, version()`;
  expect(settings).toMatchObject({ addresses: "", socket: "0700", fsync: "on", encoding: "UTF8" });
  expect(settings!.version).toStartWith("PostgreSQL 18");
  expect(statSync(server.dataDir).mode & 0o777).toBe(0o700);
  expect(statSync(server.target.socketDir).mode & 0o777).toBe(0o700);
  await stop(server);

  const again = await start();
  expect(await rowsOf(again.database)).toEqual(["before"]);
});

test("the server never runs as root", async () => {
  const { server } = await start({ durable: false });
  const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pidOf(server)}/status`, "utf8"))?.[1]);
  const mine = process.getuid!();
  expect(uid).toBe(mine === 0 ? unprivilegedAccount().uid : mine);
  expect(statSync(server.dataDir).uid).toBe(uid);
});

test("a server that was killed is noticed, and the next start recovers what was committed", async () => {
  const { server, database } = await start();
  await database.sql`create table kept (value text)`;
  await database.sql`insert into kept values ('committed')`;
  process.kill(pidOf(server), "SIGKILL");
  await server.exited;
  await stop(server);
  const again = await start();
  expect(await rowsOf(again.database)).toEqual(["committed"]);
});

test("the server of an owner that was killed is stopped, and its data taken over", async () => {
  const { child, dataDir } = await startElsewhere();
  const orphan = pidOf({ dataDir });
  child.kill("SIGKILL");
  await child.exited;
  expect(processStart(orphan)).toBeDefined();
  const { server, database } = await start();
  expect(pidOf(server)).not.toBe(orphan);
  expect(processStart(orphan)).toBeUndefined();
  expect(await rowsOf(database)).toEqual(["stored before the kill"]);
});

test("while another living process uses the home, a start is refused and leaves its server alone", async () => {
  const { child, dataDir } = await startElsewhere();
  const before = pidOf({ dataDir });
  const refusal = await startEmbeddedPostgres({ home: folder.home, binaries: TEST_BINARIES }).catch((error) => error);
  expect(refusal).toBeInstanceOf(HomeInUseError);
  expect(refusal.pid).toBe(child.pid);
  expect(refusal.message).toContain("set FLUX_ORCHESTRATOR_HOME to another folder");
  expect(pidOf({ dataDir })).toBe(before);
  child.kill("SIGKILL");
  await child.exited;
  // Takes the orphan along.
  await start();
});

test("of two starts at once one wins and the other is refused", async () => {
  const starts = await Promise.allSettled([start({ durable: false }), start({ durable: false })]);
  const refused = starts.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toHaveLength(1);
  expect(refused[0]).toBeInstanceOf(HomeInUseError);
  const [won] = starts.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(await won!.database.sql`select 1 as one`).toMatchObject([{ one: 1 }]);
});

test("a home whose path is too long for a socket works: the socket lies elsewhere", async () => {
  const home = join(folder.home, "a-folder-with-a-long-name".repeat(4));
  mkdirSync(home);
  // Closed to Postgres' own account, the data would have to lie elsewhere too.
  chmodSync(folder.home, 0o755);
  const { server, database } = await start({ home, durable: false });
  expect(server.target.socketDir).not.toStartWith(home);
  expect(Buffer.byteLength(join(server.target.socketDir, ".s.PGSQL.5432"))).toBeLessThan(108);
  expect(server.dataDir).toStartWith(home);
  expect(await database.sql`select 1 as one`).toMatchObject([{ one: 1 }]);
});
