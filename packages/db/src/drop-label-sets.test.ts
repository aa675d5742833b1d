import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { deleteResources, dropLabelSets } from "./index.ts";
import { useDatabase } from "./test-database.ts";
import { resourceRow, storeResources } from "./test-resource.ts";

const fixture = useDatabase();
const row = (team: string, name = team) => resourceRow({ clusterId: randomUUID(), name, labels: { team } });
const write = (...rows: ReturnType<typeof row>[]) => fixture.database.sql.begin((tx) => storeResources(tx, rows));
const remove = (ids: string[]) => fixture.database.sql.begin((tx) => deleteResources(tx, ids));
const teams = async () =>
  (await fixture.database.sql<{ team: string }[]>`select labels ->> 'team' as team from label_sets order by 1`).map(
    ({ team }) => team,
  );
/** Whether somebody waits for the lock of the table. */
const isWaitedFor = async () =>
  (
    await fixture.database.sql`select from pg_locks where relation = 'label_sets'::regclass and not granted
    and database = (select oid from pg_database where datname = current_database())`
  ).length > 0;

test("sets of labels that no object has go, page by page; those that one has stay", async () => {
  await write(row("kept", "a"), row("kept", "b"));
  const gone = await write(...Array.from({ length: 1_200 }, (_, index) => row(`gone-${index}`)));
  await remove(gone);
  expect(await dropLabelSets(fixture.database.sql)).toBe(1_200);
  expect(await dropLabelSets(fixture.database.sql)).toBe(0);
  expect(await teams()).toEqual(["kept"]);
  await write(row("gone-1"));
  expect(await teams()).toEqual(["gone-1", "kept"]);
});

test("a set that a flush relies on which has not committed stays", async () => {
  const { sql } = fixture.database;
  await remove(await write(row("coming back")));
  let dropping: Promise<number> | undefined;
  await sql.begin(async (tx) => {
    await storeResources(tx, [row("coming back")]);
    dropping = dropLabelSets(sql);
    while (!(await isWaitedFor())) {}
  });
  expect(await dropping).toBe(0);
  expect(await teams()).toContain("coming back");
});

test("a flush that waits for a drop stores its set again", async () => {
  const { sql } = fixture.database;
  await remove(await write(row("again")));
  let writing: Promise<string[]> | undefined;
  await sql.begin(async (tx) => {
    await tx`lock table label_sets in share row exclusive mode`;
    writing = write(row("again"));
    while (!(await isWaitedFor())) {}
    await tx`delete from label_sets where labels ->> 'team' = 'again'`;
  });
  await writing;
  expect(await teams()).toContain("again");
});
