import { integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** A Flux controller of a cluster as its Deployment last said; a shard of one is a row of its own. */
export const clusterControllers = pgTable(
  "cluster_controllers",
  {
    clusterId: uuid("cluster_id").notNull(),
    /** The Deployment's. */
    namespace: text().notNull(),
    name: text().notNull(),
    /** Which controller it runs, as `kustomize-controller`. */
    controller: text().notNull(),
    version: text(),
    /** Replicas. */
    desired: integer().notNull(),
    available: integer().notNull(),
    /** available, unavailable or scaled-down. */
    state: text().notNull(),
    /** Since when the state holds. */
    since: timestamp({ withTimezone: true }).notNull(),
    /** `--watch-label-selector`: the shard it looks at; null: every object. */
    selector: text(),
    /** The one namespace it looks at; null: all. */
    onlyNamespace: text("only_namespace"),
  },
  (t) => [primaryKey({ columns: [t.clusterId, t.namespace, t.name] })],
);
