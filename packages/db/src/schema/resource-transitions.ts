import { bigint, index, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** Every change of a settled word. Keyed by object and uid, without a foreign key: history outlives its object. */
export const resourceTransitions = pgTable(
  "resource_transitions",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    clusterId: uuid("cluster_id").notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    uid: text().notNull(),
    /** Null for the first word of an object. */
    fromWord: text("from_word"),
    /** Null when the object is gone. */
    toWord: text("to_word"),
    reason: text(),
    message: text().notNull().default(""),
    revision: text(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [
    index("resource_transitions_object").on(t.clusterId, t.kind, t.namespace, t.name, t.id),
    // Rows come in the order of time: a few pages of index serve retention and time ranges.
    index("resource_transitions_at").using("brin", t.at),
  ],
);
