import type { Sql } from "../connect.ts";
import { EPOCH, SIGN } from "./written-here.ts";

const SLOTS = 4;

/**
 * Turns the log to its oldest partition, which is truncated: no entry is deleted row by row. Called by every replica as
 * often as it likes; the log turns at most once per `keepMs / 3`, so that what is at most `keepMs` old (milliseconds by the
 * database's clock) can always be replayed. Returns whether it turned.
 */
export async function rotateChangeLog(sql: Sql, options: { keepMs: number }): Promise<boolean> {
  return await sql.begin(async (tx) => {
    const due = await tx<{ slot: number }[]>`
      select slot from feed_head where rotated_at <= clock_timestamp() - ${options.keepMs / (SLOTS - 1)}::float8 * interval '1 millisecond'`;
    if (due.length === 0) return false;
    // Rotations queue here, apart from the writers, and look again once it is their turn.
    await tx`select pg_advisory_xact_lock(hashtext('flux_orchestrator.rotate_change_log'))`;
    const [head] = await tx<{ slot: number }[]>`
      select slot from feed_head where rotated_at <= clock_timestamp() - ${options.keepMs / (SLOTS - 1)}::float8 * interval '1 millisecond'`;
    if (head === undefined) return false;
    const next = (head.slot + 1) % SLOTS;
    const partition = tx(`change_log_${next}`);
    const [oldest] = await tx<{ last: string | null }[]>`select max(number)::text as last from ${partition}`;
    await tx`truncate ${partition}`;
    // Writers wait only for this last moment.
    await tx`update feed_head set slot = ${next}, floor = greatest(floor, ${oldest?.last ?? "0"}::bigint), rotated_at = clock_timestamp(),
      epoch = ${tx.unsafe(EPOCH)}, ${tx.unsafe(SIGN)}`;
    return true;
  });
}
