import type { Sql } from "../connect.ts";

/**
 * Gives the feed a new epoch when the database is not where it was: another server, a server that recovered to another
 * timeline, or a database made anew from a dump. Cursors of before then say `resync`. A dump restored into the same database, over what it held, is not noticed.
 * Called by every process before it reads the feed; the first one that finds the database elsewhere renews it.
 */
export async function markRestore(sql: Sql): Promise<boolean> {
  const renewed = await sql`
    update feed_head set home = here.home,
      epoch = case when feed_head.home is null then epoch else replace(gen_random_uuid()::text, '-', '') end
    from (
      select concat_ws('/', (select system_identifier from pg_control_system()),
        (select timeline_id from pg_control_checkpoint()), (select oid from pg_database where datname = current_database())) as home
    ) here
    where feed_head.home is distinct from here.home
    returning epoch`;
  return renewed.length > 0;
}
