import { expect, test } from "bun:test";
import { useDatabase } from "./test-database.ts";
import { dropTransitions, openTransitionWeeks } from "./transition-weeks.ts";
import { appendTransitions } from "./upsert/index.ts";

const fixture = useDatabase();
const DAY_MS = 86_400_000;
const key = { clusterId: crypto.randomUUID(), group: "g", kind: "Kustomization", namespace: "apps" };
const nowMs = Date.parse("2026-03-04T12:00:00Z");
const append = (...days: number[]) =>
  fixture.database.sql.begin((tx) =>
    appendTransitions(
      tx,
      days.map((day) => ({
        ...key,
        name: `day ${day}`,
        uid: "u",
        fromWord: null,
        toWord: "Ready",
        reason: null,
        message: "",
        revision: null,
        at: new Date(nowMs + day * DAY_MS).toISOString(),
      })),
    ),
  );
const rows = async () =>
  (
    await fixture.database.sql<{ name: string; table: string }[]>`
      select name, tableoid::regclass::text as "table" from resource_transitions order by at`
  ).map(({ name, table }) => `${name}: ${table.replace("resource_transitions_", "")}`);

test("a week takes what stands in the default partition, and is opened once by however many", async () => {
  const { sql } = fixture.database;
  await append(-400, 0);
  expect(await rows()).toEqual(["day -400: default", "day 0: default"]);
  await Promise.all([1, 2, 3].map(() => openTransitionWeeks(sql, nowMs)));
  await append(1, 7, 28);
  expect(await rows()).toEqual([
    "day -400: default",
    "day 0: 20260302",
    "day 1: 20260302",
    "day 7: 20260309",
    "day 28: 20260330",
  ]);
});

test("what is older goes, whole weeks as tables, and numbers go on", async () => {
  const { sql } = fixture.database;
  expect(await dropTransitions(sql, new Date(nowMs + 8 * DAY_MS))).toBe(4);
  expect(await rows()).toEqual(["day 28: 20260330"]);
  const left =
    await sql`select from pg_class where relname in ('resource_transitions_20260302', 'resource_transitions_20260309') and relkind = 'r'`;
  expect(left).toHaveLength(1);
  await append(29);
  const ids = await sql<{ id: string }[]>`select id::text as id from resource_transitions order by id`;
  expect(ids.map(({ id }) => id)).toEqual(["5", "6"]);
});
