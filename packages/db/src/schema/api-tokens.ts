import { pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** What a program shows to act here. The token itself is nowhere: it was told once, to whoever made it. */
export const apiTokens = pgTable("api_tokens", {
  id: uuid().primaryKey(),
  /** Given once for ever: the audit log knows the token by it. */
  name: text().notNull().unique(),
  /** personal or service. */
  kind: text().notNull(),
  /** The actor who made it. */
  owner: text().notNull(),
  /** How it begins, to find one that turned up somewhere. */
  prefix: text().notNull(),
  /** SHA-256, hex: it is random, so nothing can be guessed from that. */
  hash: text().notNull().unique(),
  permissions: text().array().notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  /** To the hour. */
  lastUsedAt: timestamp("last_used_at", { withTimezone: true }),
  revokedAt: timestamp("revoked_at", { withTimezone: true }),
});
