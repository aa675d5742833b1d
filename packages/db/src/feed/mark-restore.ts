import type { Sql } from "../connect.ts";
import { EPOCH, SIGN, WRITTEN_HERE } from "./written-here.ts";

/**
 * Gives the feed a new epoch when the database is not where it was: another server, a server that recovered to another
 * timeline, or one into which a dump was restored, made anew for it or over what it held. Cursors of before then say `resync`.
 * Called by every process before it reads the feed, and when it cannot read on; the first one that finds it so renews it.
 */
export async function markRestore(sql: Sql): Promise<boolean> {
  const renewed = await sql`
    update feed_head set home = here.home, ${sql.unsafe(SIGN)},
      epoch = case when feed_head.home is null or feed_head.home = here.home then ${sql.unsafe(EPOCH)} else replace(gen_random_uuid()::text, '-', '') end
    from (
      select concat_ws('/', (select system_identifier from pg_control_system()),
        (select timeline_id from pg_control_checkpoint()), (select oid from pg_database where datname = current_database())) as home
    ) here
    where feed_head.home is distinct from here.home or not (${sql.unsafe(WRITTEN_HERE)})
    returning epoch`;
  return renewed.length > 0;
}
