import { bigint, pgView, text, timestamp } from "drizzle-orm/pg-core";

/**
 * One line per deed: an intent of `audit_events` with its outcome, keyed by the intent's id. An open intent has no outcome
 * yet (null): REST v1 hides it, the dashboard shows it as running. The view itself is made by a migration.
 */
export const activities = pgView("activities", {
  id: bigint({ mode: "number" }).notNull(),
  at: timestamp({ withTimezone: true }).notNull(),
  actor: text().notNull(),
  operation: text().notNull(),
  action: text().notNull(),
  resourceType: text("resource_type").notNull(),
  resourceId: text("resource_id").notNull(),
  resourceName: text("resource_name").notNull(),
  clusterId: text("cluster_id").notNull(),
  clusterName: text("cluster_name").notNull(),
  through: text().notNull(),
  requestId: text("request_id"),
  outcome: text(),
  message: text().notNull(),
  endedAt: timestamp("ended_at", { withTimezone: true }),
}).existing();
