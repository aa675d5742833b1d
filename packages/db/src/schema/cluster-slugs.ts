import { pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { clusters } from "./clusters.ts";

/** Every slug a cluster has had, so that an old page address still leads to it. A slug is never given to another living cluster. */
export const clusterSlugs = pgTable("cluster_slugs", {
  slug: text().primaryKey(),
  clusterId: uuid("cluster_id")
    .notNull()
    .references(() => clusters.id, { onDelete: "cascade" }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});
