import { bigint, pgTable, text } from "drizzle-orm/pg-core";

/** The masked object, JSON as text: shown and compared, never queried inside. */
export const fluxObjects = pgTable("flux_objects", {
  resourceId: bigint("resource_id", { mode: "bigint" }).primaryKey(),
  document: text().notNull(),
});
