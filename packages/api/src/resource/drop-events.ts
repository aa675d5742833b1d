import type { Sql } from "@flux-orchestrator/db";

/** Rows at a time: each statement stays far below the statement timeout. */
const PAGE = 20_000;

/**
 * Drops events last told before a moment. Walks the table by id, a page a statement: an index on a time that moves would
 * cost every repeated event. Returns how many went.
 */
export async function dropEvents(sql: Sql, before: Date): Promise<number> {
  let dropped = 0;
  for (let from: string | null = "0"; from !== null; ) {
    const [page]: { last: string | null; dropped: number }[] = await sql`
      with page as materialized (
        select id from object_events where id > ${from}::bigint order by id limit ${PAGE}
      ), gone as (
        delete from object_events e using page where e.id = page.id and e.last_at < ${before} returning e.id
      )
      select max(id)::text as last, (select count(*)::int from gone) as dropped from page`;
    dropped += page?.dropped ?? 0;
    from = page?.last ?? null;
  }
  return dropped;
}
