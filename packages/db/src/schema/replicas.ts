import { integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** A running process of the product. Alive while `expires_at` is ahead of the database's clock. */
export const replicas = pgTable("replicas", {
  id: uuid().primaryKey(),
  host: text().notNull(),
  pid: integer().notNull(),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
});
