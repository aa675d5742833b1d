import type { Database } from "@flux-orchestrator/db";

/** What moves by itself: attempts are recorded also when they fail, processes say that they live, watches that they go on. */
const MOVING = ["audit_events", "replicas", "change_log", "feed_head"];
/** Columns of clusters that their watches move. */
const WATCHED = ["status", "stream", "problem", "confirmed_at", "last_seen_at"];

/** A digest of every table, to show that nothing at all was changed. */
export async function tableHashes({ sql }: Database): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
      and relnamespace = 'public'::regnamespace and relname <> all(${MOVING}) order by relname`;
  const hashes: Record<string, string> = {};
  for (const { name } of tables) {
    const row = name === "clusters" ? sql`(to_jsonb(t) - ${WATCHED}::text[])::text` : sql`t::text`;
    const [digest] = await sql<{ hash: string }[]>`
      select md5(coalesce(string_agg(${row}, e'\n' order by ${row}), '')) as hash from ${sql(name)} t`;
    hashes[name] = digest!.hash;
  }
  return hashes;
}
