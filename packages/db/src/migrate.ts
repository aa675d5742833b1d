import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, openClient } from "./connect.ts";

/** Beside `src` in the repository, beside the bundle when built. */
const FOLDERS = [join(import.meta.dir, "../migrations"), join(import.meta.dir, "migrations")];
/** Any constant: every migrator of this product takes the same advisory lock. */
const LOCK = 748_391_205;
/** An hour: a migration may rewrite a large table, and who waits for another's migration waits in a statement. */
const STATEMENT_MS = 60 * 60_000;

interface Journal {
  entries: { idx: number; tag: string }[];
}

/**
 * Brings the schema up to date, forward only. Several processes may call it at once: one migrates, the others wait. Each
 * file is one transaction; a file that changed after it ran is an error, because the schema is no longer what the code says.
 */
export async function migrate(database: Pick<Database, "target">, folder = migrationsFolder()): Promise<void> {
  const sql = openClient(database.target, { max: 1, statementMs: STATEMENT_MS });
  try {
    await sql`select pg_advisory_lock(${LOCK})`;
    await sql`create table if not exists schema_migrations (tag text primary key, hash text not null, ran_at timestamptz not null default now())`;
    const ran = new Map(
      (await sql<{ tag: string; hash: string }[]>`select tag, hash from schema_migrations`).map((row) => [
        row.tag,
        row.hash,
      ]),
    );
    const journal = JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as Journal;
    for (const { tag } of journal.entries) {
      const text = await readFile(join(folder, `${tag}.sql`), "utf8");
      const hash = createHash("sha256").update(text).digest("hex");
      const known = ran.get(tag);
      if (known === hash) continue;
      if (known !== undefined) throw new Error(`migration ${tag} was changed after it ran`);
      await sql.begin(async (tx) => {
        for (const statement of text.split("--> statement-breakpoint"))
          if (statement.trim() !== "") await tx.unsafe(statement);
        await tx`insert into schema_migrations (tag, hash) values (${tag}, ${hash})`;
      });
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function migrationsFolder(): string {
  const folder = FOLDERS.find((candidate) => existsSync(join(candidate, "meta/_journal.json")));
  if (folder === undefined) throw new Error(`the migrations are missing: expected them in ${FOLDERS.join(" or ")}`);
  return folder;
}
