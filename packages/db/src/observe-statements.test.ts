import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { connect, type Database } from "./connect.ts";
import type { Statement } from "./observe-statements.ts";
import { useDatabase } from "./test-database.ts";

const fixture = useDatabase();
let observed: Database;
let told: Statement[] = [];
let running = 0;
beforeAll(() => {
  const observer = {
    began: () => void running++,
    ended: (statement: Statement) => {
      running--;
      told.push(statement);
    },
  };
  observed = connect(fixture.database.target, { observer });
});
beforeEach(() => {
  told = [];
});
afterAll(() => observed.close());
const words = () => told.map(({ operation, table }) => `${operation} ${table}`);

test("each statement is told with what it does to which table", async () => {
  const { sql } = observed;
  await sql`insert into settings ${sql({ setting_key: "a", value: "1" })}`;
  await sql`select count(*) from settings where setting_key = ${"a"} `;
  await sql`with mine as (select setting_key from settings) update "settings" s set value = '2' from mine where s.setting_key = mine.setting_key`;
  await sql`select ${1}::int as one`;
  await sql.unsafe("delete from settings where setting_key = $1", ["a"]);
  expect(words()).toEqual(["insert settings", "select settings", "update settings", "select other", "delete settings"]);
});

test("those of a transaction and of a savepoint are, too, and a fragment is none", async () => {
  const stored = await observed.sql.begin(async (tx) => {
    await tx`insert into settings ${tx({ setting_key: "b", value: "1" })}`;
    await tx.savepoint((inner) => inner`update settings set value = '2' where ${inner`setting_key = ${"b"}`}`);
    return tx`select value from settings where setting_key = 'b'`;
  });
  expect([...stored]).toEqual([{ value: "2" }]);
  expect(words()).toEqual(["insert settings", "update settings", "select settings"]);
});

test("one that fails has ended, and fails as before", async () => {
  expect(await observed.sql`select 1 / 0 from settings`.catch((error: Error) => error.message)).toBe(
    "division by zero",
  );
  expect(words()).toEqual(["select settings"]);
  expect(running).toBe(0);
});

test("what is running is told before it has ended", async () => {
  const waiting = await fixture.database.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(1)`;
    const held = observed.sql`select pg_advisory_xact_lock(1)`.execute();
    await tx`select 1`;
    expect(running).toBe(1);
    return { held };
  });
  await waiting.held;
  expect(running).toBe(0);
});
