import { index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";

/** `resource_counts` rolled up to the kinds of a cluster: what a query without a namespace is counted from. */
export const clusterKindCounts = pgTable(
  "cluster_kind_counts",
  {
    clusterId: uuid("cluster_id").notNull(),
    kind: text().notNull(),
    word: text().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.clusterId, t.kind, t.word] }), index("cluster_kind_counts_kind").on(t.kind, t.word)],
);
