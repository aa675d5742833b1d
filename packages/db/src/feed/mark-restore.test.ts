import { expect, setDefaultTimeout, test } from "bun:test";
import type postgres from "postgres";
import { migrate } from "../migrate.ts";
import { useDatabase } from "../test-database.ts";
import { appendLog, type LogEntry } from "../upsert/append-log.ts";
import { markRestore } from "./mark-restore.ts";
import { feedPosition, readLog } from "./read-log.ts";
import { rotateChangeLog } from "./rotate-log.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();

test("a feed that is where it was keeps its epoch, however often it is looked at", async () => {
  const { sql } = fixture.database;
  const { epoch } = await feedPosition(sql);
  expect(await Promise.all([markRestore(sql), markRestore(sql)])).toContain(true);
  expect(await markRestore(sql)).toBe(false);
  expect((await feedPosition(sql)).epoch).toBe(epoch);
});

test("a feed restored into another database has another epoch: cursors of before are told to read anew", async () => {
  const { sql } = fixture.database;
  await markRestore(sql);
  const before = await feedPosition(sql);
  const restored = await fixture.empty("restored");
  await migrate(restored);
  const [head] = await sql`select epoch, home, number from feed_head`;
  await restored.sql`update feed_head set ${restored.sql(head!)}`;
  expect(await readLog(restored.sql, before)).toBe("resync");
  expect(await markRestore(restored.sql)).toBe(true);
  expect(await readLog(restored.sql, before)).toBe("resync");
  expect(await markRestore(restored.sql)).toBe(false);
});

const another = (): LogEntry => ({ subject: "cluster", op: "upsert", clusterId: crypto.randomUUID() });
const append = () => fixture.database.sql.begin((tx) => appendLog(tx, [another()]));
/** As a restore does it: what the tables held goes, what the dump held comes, in a transaction of its own. */
async function restoreHead(dump: postgres.Row): Promise<void> {
  const { sql } = fixture.database;
  await sql.begin(async (tx) => {
    await tx`delete from feed_head`;
    await tx`insert into feed_head ${tx(dump)}`;
    await tx`delete from change_log where number > ${dump["number"]}`;
  });
}

test("an older dump restored over the same database has another epoch, whoever notices first", async () => {
  const { sql } = fixture.database;
  await markRestore(sql);
  const notices: (() => Promise<unknown>)[] = [
    () => markRestore(sql),
    append,
    () => rotateChangeLog(sql, { keepMs: 0 }),
  ];
  for (const notice of notices) {
    await append();
    const [dump] = await sql`select * from feed_head`;
    const after = await append();
    await restoreHead(dump!);
    // Also where the numbers have run past those of before the restore.
    expect(await readLog(sql, { ...after, number: after.number - 1 })).toBe("resync");
    await notice();
    expect((await feedPosition(sql)).epoch).not.toBe(after.epoch);
    await append();
    await append();
    expect(await readLog(sql, after)).toBe("resync");
    expect(await markRestore(sql)).toBe(false);
  }
});

test("what ordinary work and maintenance write keeps the epoch", async () => {
  const { sql } = fixture.database;
  const { epoch } = await append();
  await sql`vacuum (full, freeze) feed_head`;
  expect(await markRestore(sql)).toBe(false);
  await rotateChangeLog(sql, { keepMs: 0 });
  await append();
  await sql`vacuum (freeze) feed_head`;
  expect((await append()).epoch).toBe(epoch);
});
