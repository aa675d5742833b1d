import { sql } from "drizzle-orm";
import { bigint, index, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";

/**
 * Every change of a settled word. Keyed by object and uid, without a foreign key: history outlives its object. A partition a
 * week; see `openTransitionWeeks`.
 */
export const resourceTransitions = pgTable(
  "resource_transitions",
  {
    id: bigint({ mode: "bigint" }).notNull().default(sql`nextval('resource_transitions_id_seq')`),
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
    primaryKey({ columns: [t.id, t.at] }),
    index("resource_transitions_object").on(t.clusterId, t.kind, t.namespace, t.name, t.id),
  ],
);
