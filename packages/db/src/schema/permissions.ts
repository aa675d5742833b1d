import { pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** What roles can hold. Written by the product at its start, never by people. */
export const permissions = pgTable("permissions", {
  /** `<resource>.<action>`. */
  id: text().primaryKey(),
  resource: text().notNull(),
  action: text().notNull(),
  description: text().notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});
