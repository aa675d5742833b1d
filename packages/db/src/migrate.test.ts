import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { temporaryHome, useDatabase } from "./test-database.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const shipped = join(import.meta.dir, "../migrations");
const folder = temporaryHome();
const copied = join(folder.home, "migrations");
beforeAll(() => cpSync(shipped, copied, { recursive: true }));
afterAll(() => folder.remove());

interface Journal {
  entries: { idx: number; tag: string }[];
}
const tagsOf = (migrations: string) =>
  (JSON.parse(readFileSync(join(migrations, "meta/_journal.json"), "utf8")) as Journal).entries.map(({ tag }) => tag);

/** A further migration in the copy. */
function add(tag: string, text: string): void {
  const path = join(copied, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(path, "utf8")) as Journal;
  journal.entries.push({ idx: journal.entries.length, tag });
  writeFileSync(path, JSON.stringify(journal));
  writeFileSync(join(copied, `${tag}.sql`), text);
}

test("several processes that migrate at once end with one schema, every file run once", async () => {
  const database = await fixture.empty("at_once");
  await Promise.all(Array.from({ length: 5 }, () => migrate(database)));
  const ran = await database.sql<{ tag: string }[]>`select tag from schema_migrations order by ran_at, tag`;
  expect(ran.map(({ tag }) => tag)).toEqual(tagsOf(shipped));
  expect(await database.sql`select number from feed_head`).toHaveLength(1);
  await migrate(database);
  expect(await database.sql`select tag from schema_migrations`).toHaveLength(ran.length);
});

test("a further file is run on what is there; one that fails halfway leaves nothing of itself", async () => {
  const database = await fixture.empty("further");
  await migrate(database, copied);
  add("9998_broken", "create table half (id int);\n--> statement-breakpoint\nselect no_such_function();");
  expect(await migrate(database, copied).catch((error: Error) => error.message)).toContain("no_such_function");
  expect(await database.sql`select to_regclass('half') as half`).toMatchObject([{ half: null }]);
  writeFileSync(join(copied, "9998_broken.sql"), "create table half (id int);");
  await migrate(database, copied);
  expect(await database.sql`select to_regclass('half')::text as half`).toMatchObject([{ half: "half" }]);
});

test("a file that was changed after it ran is refused", async () => {
  const database = await fixture.empty("changed");
  await migrate(database, copied);
  appendFileSync(join(copied, `${tagsOf(shipped)[0]}.sql`), "\n-- changed");
  expect(await migrate(database, copied).catch((error: Error) => error.message)).toBe(
    `migration ${tagsOf(shipped)[0]} was changed after it ran`,
  );
});
