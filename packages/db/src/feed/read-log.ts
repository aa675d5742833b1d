import type { Sql } from "../connect.ts";
import type { FeedPosition } from "../upsert/append-log.ts";
import { WRITTEN_HERE } from "./written-here.ts";

/** A row of the change log as its readers see it; ids are decimal strings. */
export interface LoggedChange {
  number: number;
  subject: "resource" | "cluster" | "run" | "job";
  op: "upsert" | "delete";
  /** Null for subject job. */
  clusterId: string | null;
  resourceId: string | null;
  kind: string | null;
  namespace: string | null;
  name: string | null;
  /** Null for a new object, and for other subjects. */
  oldWord: string | null;
  /** Null for a deleted object, and for other subjects. */
  newWord: string | null;
  runId: string | null;
  jobId: string | null;
  /** Milliseconds since the transaction that wrote it began, by the database's clock. */
  ageMs: number;
}

/** Up to which number the feed has been written. */
export async function feedPosition(sql: Sql): Promise<FeedPosition> {
  const [position] = await sql<FeedPosition[]>`select epoch, number::float8 as number from feed_head`;
  if (position === undefined) throw new Error("feed_head has no row: the database was not migrated");
  return position;
}

/**
 * The changes after a position, oldest first, at most `limit`; or `resync` when they cannot be told any more, because the
 * database was restored since, the log was rotated past the position, or the position is ahead of the log.
 */
export async function readLog(sql: Sql, after: FeedPosition, limit = 1_000): Promise<LoggedChange[] | "resync"> {
  const changes = await sql<LoggedChange[]>`
    select number::float8 as number, subject, op, cluster_id as "clusterId", resource_id::text as "resourceId", kind, namespace, name,
      old_word as "oldWord", new_word as "newWord", run_id as "runId", job_id as "jobId",
      (extract(epoch from clock_timestamp() - at) * 1000)::float8 as "ageMs"
    from change_log where number > ${after.number} order by number limit ${limit}`;
  // Read after the rows: TRUNCATE empties a partition under older snapshots too, but never before the floor has risen.
  const [head] = await sql<{ epoch: string; number: number; floor: number; isOurs: boolean }[]>`
    select epoch, number::float8 as number, floor::float8 as floor, ${sql.unsafe(WRITTEN_HERE)} as "isOurs" from feed_head`;
  if (
    head === undefined ||
    !head.isOurs ||
    head.epoch !== after.epoch ||
    after.number < head.floor ||
    after.number > head.number
  )
    return "resync";
  return [...changes];
}
