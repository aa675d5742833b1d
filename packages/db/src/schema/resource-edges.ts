import { bigint, index, pgTable, text, uuid } from "drizzle-orm/pg-core";

/**
 * What a Flux object refers to in its own cluster: narrow rows, replaced when they differ. A target need not exist. Without
 * a key: a flush writes them under the lock of their object's row, each once.
 */
export const resourceEdges = pgTable(
  "resource_edges",
  {
    /** Row of `flux_resources` that refers. */
    resourceId: bigint("resource_id", { mode: "bigint" }).notNull(),
    /** Its cluster, and so the target's. */
    clusterId: uuid("cluster_id").notNull(),
    /** `EDGE_RELATIONS`. */
    relation: text().notNull(),
    kind: text().notNull(),
    namespace: text().notNull(),
    /** `*`: every object of the kind in the namespace. */
    name: text().notNull(),
  },
  (t) => [
    index("resource_edges_from").on(t.resourceId),
    // One cluster's users of an object, or every cluster's: a range either way.
    index("resource_edges_to").on(t.kind, t.namespace, t.name, t.clusterId),
  ],
);
