import type { Transaction } from "../connect.ts";
import { EPOCH, SIGN } from "../feed/written-here.ts";
import { columnArrays } from "./column-arrays.ts";

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

/** What entries of all subjects have between them. */
interface Entry {
  subject: string;
  op: string;
  clusterId?: string;
  resourceId?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  oldWord?: string | null;
  newWord?: string | null;
  runId?: string;
  jobId?: string;
}

const entries = columnArrays<Entry>({
  subject: "text",
  op: "text",
  clusterId: "uuid",
  resourceId: "bigint",
  kind: "text",
  namespace: "text",
  name: "text",
  oldWord: "text",
  newWord: "text",
  runId: "uuid",
  jobId: "uuid",
});
const COUNT = `$${entries.count + 1}::int`;
const TEXT = `
  with head as (
    update feed_head set number = number + ${COUNT}, epoch = ${EPOCH}, ${SIGN} returning epoch, number, slot
  ), written as (
    insert into change_log (number, slot, subject, op, cluster_id, resource_id, kind, namespace, name, old_word, new_word, run_id, job_id)
    select head.number - ${COUNT} + nth, slot, "subject", "op", "clusterId", "resourceId", "kind", "namespace", "name", "oldWord", "newWord", "runId", "jobId"
    from unnest(${entries.arrays}) with ordinality as entry(${entries.fields}, nth), head
  )
  select epoch, number::float8 as number from head`;

/**
 * Numbers changes and writes them to the log. It must be the last statement of its transaction: it takes `feed_head`, which
 * every writer waits for, and holding it to the commit is what makes the order of numbers the order of visibility.
 * @returns the number of the last entry; without entries the position as it is, and nothing is locked
 */
export async function appendLog(tx: Transaction, changes: readonly LogEntry[]): Promise<FeedPosition> {
  const [position] =
    changes.length === 0
      ? await tx.unsafe<FeedPosition[]>("select epoch, number::float8 as number from feed_head")
      : await tx.unsafe<FeedPosition[]>(TEXT, [...entries.parameters(changes), changes.length], { prepare: true });
  if (position === undefined) throw new Error("feed_head has no row: the database was not migrated");
  return position;
}
