import { bigint, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * Append-only: an intent before the deed, an outcome after it. A trigger refuses UPDATE, DELETE and TRUNCATE; only retention
 * (`dropAuditDays`) may remove rows, whole days at a time.
 */
export const auditEvents = pgTable(
  "audit_events",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    /** Set on an outcome: the intent it closes. */
    intentId: bigint("intent_id", { mode: "bigint" }),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** intent or outcome. */
    part: text().notNull(),
    actor: text().notNull(),
    /** `resource.suspend`; its verb is v1's `action`. */
    operation: text().notNull(),
    action: text().notNull(),
    resourceType: text("resource_type").notNull(),
    resourceId: text("resource_id").notNull(),
    resourceName: text("resource_name").notNull(),
    /** Empty when no cluster is concerned. */
    clusterId: text("cluster_id").notNull().default(""),
    /** As it was called then. */
    clusterName: text("cluster_name").notNull().default(""),
    /** dashboard, sdk, rest or system. */
    through: text().notNull(),
    requestId: text("request_id"),
    /** success, failed or unknown; null on an intent. */
    outcome: text(),
    message: text().notNull().default(""),
  },
  (t) => [
    index("audit_events_intent").on(t.intentId),
    index("audit_events_cluster").on(t.clusterId, t.id),
    index("audit_events_object").on(t.resourceId, t.resourceType, t.id),
    index("audit_events_at").on(t.at),
  ],
);
