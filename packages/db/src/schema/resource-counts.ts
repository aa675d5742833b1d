import { index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";

/** How many objects of a kind have a word in a namespace of a cluster; kept by deltas, re-derived on each resync. */
export const resourceCounts = pgTable(
  "resource_counts",
  {
    clusterId: uuid("cluster_id").notNull(),
    namespace: text().notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    word: text().notNull(),
    count: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.clusterId, t.namespace, t.group, t.kind, t.word] }),
    // A namespace of many clusters. Counting touches no index: `count` is in none.
    index("resource_counts_namespace").on(t.namespace, t.kind, t.word),
  ],
);
