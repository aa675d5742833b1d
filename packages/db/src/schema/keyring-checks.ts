import { pgTable, text } from "drizzle-orm/pg-core";

/** One sealed constant per key: a key that does not open it is not the key of this database. */
export const keyringChecks = pgTable("keyring_checks", {
  keyId: text("key_id").primaryKey(),
  sealed: text().notNull(),
});
