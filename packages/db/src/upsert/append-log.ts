import type { Transaction } from "../connect.ts";
import { EPOCH, SIGN } from "../feed/written-here.ts";
import { toRecords } from "./recordset.ts";

/** One change as the feed tells it. */
export type LogEntry = ResourceLogEntry | ClusterLogEntry | RunLogEntry | JobLogEntry;

/** An object was written or is gone. `oldWord` null: it is new; `newWord` null: it is gone. */
export interface ResourceLogEntry {
  subject: "resource";
  op: "upsert" | "delete";
  clusterId: string;
  /** Decimal string. */
  resourceId: string;
  kind: string;
  namespace: string;
  name: string;
  oldWord: string | null;
  newWord: string | null;
}
/** A cluster's record, counts or stream state changed, or it was removed. */
export interface ClusterLogEntry {
  subject: "cluster";
  op: "upsert" | "delete";
  clusterId: string;
}
/** A followed reconcile went on. */
export interface RunLogEntry {
  subject: "run";
  op: "upsert";
  clusterId: string;
  runId: string;
}
/** A job was submitted, went on or ended. */
export interface JobLogEntry {
  subject: "job";
  op: "upsert";
  jobId: string;
}

/** Up to which number the feed has been written, in which epoch. */
export interface FeedPosition {
  epoch: string;
  number: number;
}

const TEXT = `
  with head as (
    update feed_head set number = number + $2::int, epoch = ${EPOCH}, ${SIGN} returning epoch, number, slot
  ), entry as (
    select * from rows from (json_to_recordset($1::text::json) as
      ("subject" text, "op" text, "clusterId" uuid, "resourceId" bigint, "kind" text, "namespace" text, "name" text, "oldWord" text, "newWord" text, "runId" uuid, "jobId" uuid)
    ) with ordinality as e(subject, op, cluster_id, resource_id, kind, namespace, name, old_word, new_word, run_id, job_id, nth)
  ), written as (
    insert into change_log (number, slot, subject, op, cluster_id, resource_id, kind, namespace, name, old_word, new_word, run_id, job_id)
    select head.number - $2::int + nth, slot, subject, op, cluster_id, resource_id, kind, namespace, name, old_word, new_word, run_id, job_id
    from entry, head
  )
  select epoch, number::float8 as number from head`;

/**
 * Numbers changes and writes them to the log. It must be the last statement of its transaction: it takes `feed_head`, which
 * every writer waits for, and holding it to the commit is what makes the order of numbers the order of visibility.
 * @returns the number of the last entry; without entries the position as it is, and nothing is locked
 */
export async function appendLog(tx: Transaction, entries: readonly LogEntry[]): Promise<FeedPosition> {
  const [position] =
    entries.length === 0
      ? await tx.unsafe<FeedPosition[]>("select epoch, number::float8 as number from feed_head")
      : await tx.unsafe<FeedPosition[]>(TEXT, [toRecords(entries), entries.length], { prepare: true });
  if (position === undefined) throw new Error("feed_head has no row: the database was not migrated");
  return position;
}
