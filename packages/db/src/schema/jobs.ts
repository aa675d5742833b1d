import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** Many items of one operation, submitted together: survives a restart. Its items stand in `job_items`. */
export const jobs = pgTable(
  "jobs",
  {
    id: uuid().primaryKey(),
    /** Name of the declaration: `cluster.resyncAll`. */
    name: text().notNull(),
    /** Who submitted it: every item runs with the rights this actor has then. */
    actor: text().notNull(),
    /** dashboard, sdk, rest or system. */
    through: text().notNull(),
    requestId: text("request_id").notNull(),
    /** Audit intent that the end of this job closes. */
    intentId: bigint("intent_id", { mode: "bigint" }).notNull(),
    /** waiting, running or ended. */
    state: text().notNull(),
    /** Raised by every process that begins to run it: whoever holds an older number may write no more. */
    attempt: integer().notNull().default(0),
    cancelRequestedAt: timestamp("cancel_requested_at", { withTimezone: true }),
    submittedAt: timestamp("submitted_at", { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp("ended_at", { withTimezone: true }),
  },
  (t) => [
    index("jobs_actor").on(t.actor, t.submittedAt),
    index("jobs_ended").on(t.endedAt).where(sql`ended_at is not null`),
  ],
);
