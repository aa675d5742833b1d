import { KNOWN_SETTINGS } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { ofClusters, type Predicate } from "../query/predicate.ts";
import { toFunction } from "../query/to-function.ts";
import { toClustersSql } from "../query/to-sql.ts";

/** A cluster that was not confirmed for this many of its intervals is not believed any more. */
const INTERVALS = 3;
const SETTING = "auto_sync_interval_minutes" satisfies keyof typeof KNOWN_SETTINGS;

/**
 * Whether what is shown of a cluster `c` is old: its stream is broken, or nothing confirmed it for three intervals. The one
 * rule for it, in SQL, because the process that should say so may be the one that died.
 */
export const isStale = (sql: SqlRunner): Fragment => sql`(
  c.stream not in ('live', 'syncing')
  or coalesce(c.confirmed_at, case c.stream when 'live' then '-infinity'::timestamptz else now() end)
    < now() - make_interval(mins => ${INTERVALS} * coalesce(
      (select value::int from settings where setting_key = ${SETTING} and value ~ '^[1-9][0-9]{0,5}$'), ${KNOWN_SETTINGS[SETTING]})))`;

/** When one cluster was last known to be as shown. */
export interface Confirmation {
  clusterId: string;
  environment: string;
  stale: boolean;
  confirmedAt: Date | null;
}

/** Of every registered cluster. */
export async function readConfirmations(sql: SqlRunner): Promise<Confirmation[]> {
  return await sql<Confirmation[]>`
    select c.id::text as "clusterId", c.environment, ${isStale(sql)} as stale, c.confirmed_at as "confirmedAt"
    from clusters c where c.deleted_at is null`;
}

/** What a view of the clusters that `seen` picks is true at. @see ConfirmedAt of the contract */
export function oldestOf(confirmations: readonly Confirmation[], seen: Predicate): string | null {
  const maySee = toFunction(seen);
  const times = confirmations.flatMap(({ clusterId, environment, stale, confirmedAt }) =>
    stale || confirmedAt === null || maySee({ clusterId, environment }) === false ? [] : [confirmedAt.getTime()],
  );
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString();
}

/** The same of all registered clusters, summed up where they are: a page is about a few rows of them. */
export async function confirmedAt(sql: SqlRunner, seen: Predicate): Promise<string | null> {
  const [oldest] = await sql<{ at: Date | null }[]>`
    select min(c.confirmed_at) as at from clusters c
    where c.deleted_at is null and not ${isStale(sql)} and ${toClustersSql(sql, ofClusters(seen))}`;
  return oldest?.at?.toISOString() ?? null;
}
