import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { byteText } from "./byte-text.ts";

type Reference = { kind: string; namespace: string; name: string };

/** One Flux object as lists show it. Narrow, and written only when there is news; the document is in `flux_objects`. */
export const fluxResources = pgTable(
  "flux_resources",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    clusterId: uuid("cluster_id").notNull(),
    group: text().notNull(),
    kind: text().notNull(),
    namespace: byteText().notNull(),
    name: byteText().notNull(),
    uid: text().notNull(),
    apiVersion: text("api_version").notNull(),
    resourceVersion: text("resource_version").notNull(),
    generation: bigint({ mode: "number" }),
    observedGeneration: bigint("observed_generation", { mode: "number" }),
    /** Our settled word. */
    word: text().notNull(),
    subState: text("sub_state"),
    /** Sort key of the word: higher is worse. */
    severity: smallint().notNull(),
    /** Since when the word holds. */
    since: timestamp({ withTimezone: true }).notNull(),
    /** What settling remembers of the object, JSON. */
    settleMemory: text("settle_memory").notNull(),
    /** When settling wants to look again without news. */
    recheckAt: timestamp("recheck_at", { withTimezone: true }),
    /** True, False or Unknown of the raw Ready condition; null without one. */
    readyStatus: text("ready_status"),
    reason: text(),
    message: text().notNull().default(""),
    revision: text(),
    attemptedRevision: text("attempted_revision"),
    suspended: boolean().notNull().default(false),
    suspendedBy: text("suspended_by"),
    suspendReason: text("suspend_reason"),
    sourceRef: jsonb("source_ref").$type<Reference | null>(),
    dependsOn: jsonb("depends_on").$type<Reference[]>().notNull().default([]),
    inventoryCount: integer("inventory_count").notNull().default(0),
    intervalSeconds: integer("interval_seconds"),
    lastHandledReconcileAt: text("last_handled_reconcile_at"),
    readyTransitionAt: timestamp("ready_transition_at", { withTimezone: true }),
    lastRunAt: timestamp("last_run_at", { withTimezone: true }),
    nextRunAt: timestamp("next_run_at", { withTimezone: true }),
    labels: jsonb().$type<Record<string, string>>().notNull().default({}),
    fingerprint: text().notNull(),
    flapFingerprint: text("flap_fingerprint").notNull(),
    /** Of what `resource_edges` and `resource_inventories` hold of it; empty before they held anything. */
    edgesFingerprint: text("edges_fingerprint").notNull().default(""),
    /** The list that last contained it: rows left behind by a complete list are gone from the cluster. */
    listGeneration: bigint("list_generation", { mode: "number" }).notNull().default(0),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    /** Last time anything a list shows changed. */
    changedAt: timestamp("changed_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (t) => [
    // Also the order by cluster: a page of a cluster is one range of it.
    uniqueIndex("flux_resources_key").on(t.clusterId, t.namespace, t.name, t.kind, t.group),
    // One index a sort key, ascending throughout: a page in either direction is one range of it, `(key, id) < (…)`. What
    // filters ask for follows the key, so that rows which do not match are passed over without being read.
    index("flux_resources_severity").on(t.severity, t.id, t.kind, t.namespace, t.name, t.clusterId),
    index("flux_resources_changed").on(t.changedAt, t.id, t.severity, t.kind, t.namespace, t.name, t.clusterId),
    index("flux_resources_name").on(t.namespace, t.name, t.id, t.severity, t.kind, t.clusterId, t.changedAt),
    // A kind of which there are few is found by itself.
    index("flux_resources_kind").on(t.kind, t.severity, t.id),
    // The same orders over the few that are not Ready: what people filter for is a small part of all.
    index("flux_resources_unready_changed")
      .on(t.changedAt, t.id, t.severity, t.kind, t.namespace, t.name, t.clusterId)
      .where(sql`severity > 0`),
    index("flux_resources_unready_name")
      .on(t.namespace, t.name, t.id, t.severity, t.kind, t.clusterId)
      .where(sql`severity > 0`),
    index("flux_resources_unready_cluster")
      .on(t.clusterId, t.namespace, t.name, t.id, t.severity, t.kind)
      .where(sql`severity > 0`),
    // By how the revision begins, and by how its commit or digest does.
    index("flux_resources_revision").on(sql`revision collate "C"`),
    index("flux_resources_commit").on(sql`split_part(revision, ':', 2) collate "C"`),
    // By the set of labels, found in `label_sets`.
    index("flux_resources_label_set").on(sql`hashtextextended(labels::text, 0)`),
    // Objects of a shard are few or none; whether one is left without its controller is asked for every cluster.
    index("flux_resources_sharded").on(t.clusterId).where(sql`labels ? 'sharding.fluxcd.io/key'`),
    index("flux_resources_recheck").on(t.recheckAt).where(sql`recheck_at is not null`),
  ],
);
