import { bigint, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";

/**
 * Core Events of the Flux controllers, kept beyond the hour the API server keeps them: one row for the same said of the same
 * object. Without a foreign key: they outlive their object, and are kept of objects that have no row.
 */
export const objectEvents = pgTable(
  "object_events",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    clusterId: uuid("cluster_id").notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    /** Of the object; empty where the controller did not say. */
    uid: text().notNull(),
    /** Of uid, type, reason and the message without what differs every time. */
    fingerprint: text().notNull(),
    /** Normal or Warning. */
    type: text().notNull(),
    reason: text().notNull(),
    /** As it was said last, masked. */
    message: text().notNull(),
    /** Name of the controller. */
    source: text().notNull(),
    count: bigint({ mode: "number" }).notNull(),
    firstAt: timestamp("first_at", { withTimezone: true }).notNull(),
    lastAt: timestamp("last_at", { withTimezone: true }).notNull(),
    /** The Event object counted last, and how often it had counted. */
    eventUid: text("event_uid").notNull(),
    eventCount: bigint("event_count", { mode: "number" }).notNull(),
  },
  // The only one beside the key. One on `last_at` would be written with every repetition; retention walks the ids instead.
  (t) => [uniqueIndex("object_events_key").on(t.clusterId, t.kind, t.namespace, t.name, t.group, t.fingerprint)],
);
