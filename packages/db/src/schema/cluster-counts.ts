import { integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";

/** `resource_counts` rolled up to the cluster, for whoever may read all of it: five rows a cluster instead of hundreds. */
export const clusterCounts = pgTable(
  "cluster_counts",
  {
    clusterId: uuid("cluster_id").notNull(),
    word: text().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.clusterId, t.word] })],
);
