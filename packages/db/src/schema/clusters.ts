import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";

/** A registered Kubernetes API server. Its credential is kept sealed, in `cluster_credentials`. */
export const clusters = pgTable(
  "clusters",
  {
    id: uuid().primaryKey(),
    /** DNS-1123, derived once from the name, kept on rename: what page addresses carry. */
    slug: text().notNull(),
    name: text().notNull(),
    /** NFKC and case folded: two clusters may not differ by case alone. */
    nameKey: text("name_key").notNull(),
    description: text().notNull().default(""),
    environment: text().notNull().default(""),
    labels: jsonb().$type<Record<string, string>>().notNull().default({}),
    /** `https://host:port[/path]`, nothing secret. */
    server: text().notNull(),
    insecureTls: boolean("insecure_tls").notNull().default(false),
    credentialKind: text("credential_kind").notNull(),
    credentialExpiresAt: timestamp("credential_expires_at", { withTimezone: true }),
    /** v1's word: healthy, unhealthy or unknown. */
    status: text().notNull().default("unknown"),
    /** never, syncing, live, stale or locked. */
    stream: text().notNull().default("never"),
    /** Why it cannot be read: `{ code, message, hint?, since }`. */
    problem: jsonb().$type<{ code: string; message: string; hint?: string; since: string } | null>(),
    kubernetesVersion: text("kubernetes_version"),
    fluxVersion: text("flux_version"),
    /** What the credential may do, as features. */
    rights: jsonb()
      .$type<{ feature: string; allowed: "yes" | "no" | "partly" | "unknown"; detail: string | null }[]>()
      .notNull()
      .default([]),
    /** When the rows were last known to equal the cluster; null before the first sync. */
    confirmedAt: timestamp("confirmed_at", { withTimezone: true }),
    /** When the API server last answered. */
    lastSeenAt: timestamp("last_seen_at", { withTimezone: true }),
    /** Where the Deployments of the Flux controllers are read: unknown, forbidden, namespace (flux-system) or everywhere. */
    controllersRead: text("controllers_read").notNull().default("unknown"),
    /** Kinds of which some objects may not be reconciled, for want of a controller; null while no controller is known. */
    doubtfulKinds: text("doubtful_kinds").array(),
    /** When what is known of the controllers last changed. */
    controllersChangedAt: timestamp("controllers_changed_at", { withTimezone: true }),
    source: text().notNull().default("manual"),
    sourceId: text("source_id").notNull().default(""),
    isFavorite: boolean("is_favorite").notNull().default(false),
    healthCheckIntervalSeconds: integer("health_check_interval_seconds").notNull().default(300),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
    /** Hidden from then on; its rows are purged in small batches. */
    deletedAt: timestamp("deleted_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("clusters_name_key").on(t.nameKey).where(sql`deleted_at is null`),
    uniqueIndex("clusters_slug_key").on(t.slug).where(sql`deleted_at is null`),
    index("clusters_environment").on(t.environment),
    // Few at any time: lists ask for them to leave their objects out.
    index("clusters_removed").on(t.id).where(sql`deleted_at is not null`),
  ],
);
