import type { Database } from "@flux-orchestrator/db";

/** What moves by itself: attempts are recorded also when they fail, and processes say that they live. */
const MOVING = ["audit_events", "replicas"];

/** A digest of every table, to show that nothing at all was changed. */
export async function tableHashes({ sql }: Database): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
      and relnamespace = 'public'::regnamespace and relname <> all(${MOVING}) order by relname`;
  const hashes: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await sql<{ hash: string }[]>`
      select md5(coalesce(string_agg(t::text, e'\n' order by t::text), '')) as hash from ${sql(name)} t`;
    hashes[name] = row!.hash;
  }
  return hashes;
}
