import { jsonb, pgTable, timestamp, uuid } from "drizzle-orm/pg-core";

/** Where each watch of a cluster resumes: `{ "<group>/<kind>": resourceVersion }`, written with the rows it is true for. */
export const clusterCursors = pgTable("cluster_cursors", {
  clusterId: uuid("cluster_id").primaryKey(),
  versions: jsonb().$type<Record<string, string>>().notNull().default({}),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});
