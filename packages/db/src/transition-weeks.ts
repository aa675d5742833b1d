import type { Sql, Transaction } from "./connect.ts";

const WEEK_MS = 7 * 86_400_000;
/** The first Monday of the epoch. */
const MONDAY_MS = 4 * 86_400_000;
/** Weeks that are opened before they begin: an outage this long loses nothing and costs nothing. */
const AHEAD = 4;
const BATCH = 5_000;
const LOCK = "flux_orchestrator.transition_weeks";

interface Week {
  table: string;
  from: Date;
  to: Date;
}

const weekOf = (ms: number): Week => {
  const from = new Date(Math.floor((ms - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS);
  const day = from.toISOString().slice(0, 10).replaceAll("-", "");
  return { table: `resource_transitions_${day}`, from, to: new Date(from.getTime() + WEEK_MS) };
};

/**
 * Opens the partitions of `resource_transitions` for this week and the next. Called at the start and daily; safe to repeat
 * and to call by several processes at once. Rows that already stand in the default partition move.
 */
export async function openTransitionWeeks(sql: Sql, nowMs: number): Promise<void> {
  for (let ahead = 0; ahead <= AHEAD; ahead++) {
    const { table, from, to } = weekOf(nowMs + ahead * WEEK_MS);
    if (await isThere(sql, table)) continue;
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtext(${LOCK}))`;
      if (await isThere(tx, table)) return;
      const [start, end] = [`'${from.toISOString()}'`, `'${to.toISOString()}'`];
      await tx.unsafe(`
        create table ${table} (like resource_transitions including defaults including indexes);
        with moved as (delete from resource_transitions_default where at >= ${start} and at < ${end} returning *)
          insert into ${table} select * from moved;
        alter table resource_transitions attach partition ${table} for values from (${start}) to (${end});`);
    });
  }
}

/** Read from the catalogue, not by `to_regclass`: that believes what the session heard before it waited for the lock. */
async function isThere(sql: Sql | Transaction, table: string): Promise<boolean> {
  return (await sql`select from pg_class where relname = ${table}`).length > 0;
}

/** Drops transitions from before a time: whole weeks at once, the rest row by row in batches. Returns how many went. */
export async function dropTransitions(sql: Sql, before: Date): Promise<number> {
  let dropped = 0;
  const weeks = await sql<{ table: string }[]>`
    select c.relname as "table" from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'resource_transitions'::regclass and c.relname ~ '^resource_transitions_[0-9]{8}$' order by 1`;
  for (const { table } of weeks) {
    const day = table.slice(-8);
    const from = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`);
    if (from + WEEK_MS > before.getTime()) continue;
    const [rows] = await sql<{ count: number }[]>`select count(*)::int as count from ${sql(table)}`;
    await sql`drop table ${sql(table)}`;
    dropped += rows?.count ?? 0;
  }
  for (;;) {
    const { count } = await sql`
      delete from resource_transitions where (id, at) in (
        select id, at from resource_transitions where at < ${before} limit ${BATCH})`;
    dropped += count;
    if (count < BATCH) return dropped;
  }
}
