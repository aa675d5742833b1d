import { pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { clusters } from "./clusters.ts";

/** The sealed credential of a cluster: a `ClusterTarget` as JSON, bound to this table, row and column. */
export const clusterCredentials = pgTable("cluster_credentials", {
  clusterId: uuid("cluster_id")
    .primaryKey()
    .references(() => clusters.id, { onDelete: "cascade" }),
  sealed: text().notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});
