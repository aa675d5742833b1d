import { bigint, pgTable, primaryKey, smallint, text, timestamp, uuid } from "drizzle-orm/pg-core";

/**
 * What changed, in order; readers follow the numbers. Carries old and new filter columns so that rows can leave a view.
 * Four partitions by `slot`, written in turn: the oldest is truncated whole, no row is ever deleted.
 */
export const changeLog = pgTable(
  "change_log",
  {
    number: bigint({ mode: "number" }).notNull(),
    /** Which of the four partitions holds it; see `rotateChangeLog`. */
    slot: smallint().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** resource, cluster, run or job. */
    subject: text().notNull(),
    /** upsert or delete. */
    op: text().notNull(),
    /** Null for subject job. */
    clusterId: uuid("cluster_id"),
    resourceId: bigint("resource_id", { mode: "bigint" }),
    kind: text(),
    namespace: text(),
    name: text(),
    oldWord: text("old_word"),
    newWord: text("new_word"),
    /** Id of a reconcile run, for subject run. */
    runId: uuid("run_id"),
    /** Id of a job, for subject job. */
    jobId: uuid("job_id"),
  },
  (t) => [primaryKey({ columns: [t.number, t.slot] })],
);
