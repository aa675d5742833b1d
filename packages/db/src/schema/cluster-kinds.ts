import { pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";

/** One Flux kind on one cluster: served in which version, and whether it can be watched. */
export const clusterKinds = pgTable(
  "cluster_kinds",
  {
    clusterId: uuid("cluster_id").notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    /** The API version in use; null while not served. */
    version: text(),
    /** watched, syncing, absent, forbidden or failed. */
    state: text().notNull(),
    detail: text(),
  },
  (t) => [primaryKey({ columns: [t.clusterId, t.group, t.kind] })],
);
