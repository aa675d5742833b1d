import { bigint, pgTable, timestamp, uuid } from "drizzle-orm/pg-core";

/** Which replica watches a cluster. Every flush is fenced by (owner, epoch); the epoch rises with each change of owner. */
export const clusterOwners = pgTable("cluster_owners", {
  clusterId: uuid("cluster_id").primaryKey(),
  owner: uuid().notNull(),
  epoch: bigint({ mode: "number" }).notNull(),
  claimedAt: timestamp("claimed_at", { withTimezone: true }).notNull().defaultNow(),
});
