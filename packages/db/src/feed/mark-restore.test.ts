import { expect, setDefaultTimeout, test } from "bun:test";
import { migrate } from "../migrate.ts";
import { useDatabase } from "../test-database.ts";
import { markRestore } from "./mark-restore.ts";
import { feedPosition, readLog } from "./read-log.ts";

setDefaultTimeout(60_000);
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
  expect(await readLog(restored.sql, before)).toEqual([]);
  expect(await markRestore(restored.sql)).toBe(true);
  expect(await readLog(restored.sql, before)).toBe("resync");
  expect(await markRestore(restored.sql)).toBe(false);
});
