import { index, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { jobs } from "./jobs.ts";

/** One call of a job's operation, and how it went. */
export const jobItems = pgTable(
  "job_items",
  {
    jobId: uuid("job_id")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    /** Place in the order in which they begin, from 0. */
    position: integer().notNull(),
    /** What people know it by, as it was called when the job was submitted. */
    title: text().notNull(),
    /** The cluster it is about, without a foreign key: the outcome outlives its cluster. */
    clusterId: uuid("cluster_id"),
    /** JSON: input of the operation. Never a secret. */
    input: text().notNull(),
    /** waiting, running, succeeded, failed, skipped, cancelled or unknown. */
    state: text().notNull(),
    /** Attempt of the job in which it began last; null before. */
    attempt: integer(),
    /** Error code of a failure, or of why it was skipped. */
    code: text(),
    message: text().notNull().default(""),
    /** What to do about it. */
    hint: text(),
    startedAt: timestamp("started_at", { withTimezone: true }),
    endedAt: timestamp("ended_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.position] }), index("job_items_state").on(t.jobId, t.state, t.position)],
);
