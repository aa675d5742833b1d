import type { Sql } from "./connect.ts";

const BATCH = 5_000;

/**
 * The retention of `audit_events`: the only way past its append-only trigger. Drops whole UTC days that ended before
 * `before`, in batches that each stay far below the statement timeout. Returns how many rows went.
 */
export async function dropAuditDays(sql: Sql, before: Date): Promise<number> {
  for (let dropped = 0; ; ) {
    const { count } = await sql.begin(async (tx) => {
      await tx`select set_config('flux_orchestrator.retention', 'on', true)`;
      return await tx`
        delete from audit_events where id in (
          select id from audit_events where at < date_trunc('day', ${before}::timestamptz, 'UTC') order by at limit ${BATCH})`;
    });
    dropped += count;
    if (count < BATCH) return dropped;
  }
}
