import { boolean, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Who may vouch for users at login. */
export const oauthProviders = pgTable("oauth_providers", {
  /** UUID. */
  id: text().primaryKey(),
  name: text().notNull(),
  /** github or entra. */
  provider: text().notNull(),
  clientId: text("client_id").notNull(),
  /** Sealed, bound to this table, row and column. */
  clientSecret: text("client_secret").notNull(),
  /** Empty for github. */
  tenantId: text("tenant_id").notNull().default(""),
  redirectUrl: text("redirect_url").notNull(),
  /** Comma separated; empty: those the provider needs. */
  scopes: text().notNull().default(""),
  /** E-mails or user names, comma separated; empty: everybody the provider vouches for. */
  allowedUsers: text("allowed_users").notNull().default(""),
  enabled: boolean().notNull().default(false),
  /** What the last test came to: healthy, unhealthy or unknown. */
  status: text().notNull().default("unknown"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});
