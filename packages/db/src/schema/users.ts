import { sql } from "drizzle-orm";
import { boolean, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** Somebody who logged in at least once. */
export const users = pgTable(
  "users",
  {
    /** The e-mail address, as REST v1 has it. */
    id: text().primaryKey(),
    email: text().notNull(),
    name: text().notNull().default(""),
    /** Who vouches for them: github or entra. */
    provider: text().notNull(),
    enabled: boolean().notNull().default(true),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [uniqueIndex("users_email_key").on(sql`lower(${t.email})`)],
);
