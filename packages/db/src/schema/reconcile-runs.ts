import { sql } from "drizzle-orm";
import { bigint, index, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** A reconcile that is followed to its outcome; survives a restart. */
export const reconcileRuns = pgTable(
  "reconcile_runs",
  {
    id: uuid().primaryKey(),
    /** What is written as requestedAt. */
    token: text().notNull(),
    clusterId: uuid("cluster_id").notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    uid: text().notNull(),
    /** JSON: the chain, sources first, with the state of each step. */
    steps: text().notNull(),
    /** JSON: `{ force, reset, withSource }`. */
    options: text().notNull(),
    /** requested, handled or ended. */
    phase: text().notNull(),
    outcome: text(),
    message: text().notNull().default(""),
    /** Audit intent this run closes. */
    intentId: bigint("intent_id", { mode: "bigint" }),
    actor: text().notNull(),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    deadlineAt: timestamp("deadline_at", { withTimezone: true }).notNull(),
    endedAt: timestamp("ended_at", { withTimezone: true }),
  },
  (t) => [
    index("reconcile_runs_object").on(t.clusterId, t.kind, t.namespace, t.name, t.startedAt),
    index("reconcile_runs_open").on(t.deadlineAt).where(sql`phase <> 'ended'`),
  ],
);
