import { sql } from "drizzle-orm";
import { boolean, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** A named set of permissions. */
export const roles = pgTable(
  "roles",
  {
    /** admin, operator, viewer, or a UUID. */
    id: text().primaryKey(),
    name: text().notNull(),
    description: text().notNull().default(""),
    /** Came with the product: is never renamed or deleted. */
    builtIn: boolean("built_in").notNull().default(false),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [uniqueIndex("roles_name_key").on(sql`lower(${t.name})`)],
);
