import { pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Settings as REST v1 names and stores them: text keys, text values. */
export const settings = pgTable("settings", {
  key: text("setting_key").primaryKey(),
  value: text().notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});
