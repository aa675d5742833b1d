import type { ResourceRow } from "@flux-orchestrator/contract";
import { type Readiness, type Reconciler, unreconciledBecause } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import { isStale } from "../cluster/confirmation.ts";
import type { SqlRunner } from "../context.ts";

/** A line of a list as Postgres gives it. */
export interface ResourceSqlRow {
  id: string;
  cluster_id: string;
  cluster_slug: string;
  cluster_name: string;
  environment: string;
  stale: boolean;
  group: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  word: Readiness;
  sub_state: string | null;
  severity: number;
  reason: string | null;
  message: string;
  revision: string | null;
  attempted_revision: string | null;
  suspended: boolean;
  suspended_by: string | null;
  since: Date;
  created_at: Date;
  changed_at: Date;
  updated_at: Date;
  labels: Record<string, string>;
  /** Every controller of the cluster, where the object may be without one; else null. */
  controllers: Reconciler[] | null;
}

/** Columns of {@link ResourceSqlRow}, over `r` (flux_resources) and `c` (its cluster). */
export const rowColumns = (sql: SqlRunner): Fragment => sql`
  r.id::text as id, r.cluster_id::text as cluster_id, c.slug as cluster_slug, c.name as cluster_name, c.environment,
  ${isStale(sql)} as stale, r."group", r.kind, r.namespace, r.name, r.uid, r.word, r.sub_state,
  r.severity, r.reason, r.message, r.revision, r.attempted_revision, r.suspended, r.suspended_by, r.since, r.created_at,
  r.changed_at, r.updated_at, r.labels,
  case when c.doubtful_kinds is not null and (r.kind = any(c.doubtful_kinds) or r.labels ? 'sharding.fluxcd.io/key') then (
    select coalesce(jsonb_agg(jsonb_build_object('name', x.name, 'controller', x.controller, 'state', x.state,
      'selector', x.selector, 'onlyNamespace', x.only_namespace)), '[]')
    from cluster_controllers x where x.cluster_id = c.id) end as controllers`;

/** Resources of clusters that are still registered. */
export const resourcesOfClusters = (sql: SqlRunner): Fragment =>
  sql`flux_resources r join clusters c on c.id = r.cluster_id and c.deleted_at is null`;

/** The same without the join, over `r`: whatever has a cluster that is still registered. */
export const isRegistered = (sql: SqlRunner): Fragment =>
  sql`r.cluster_id <> all(array(select id from clusters where deleted_at is not null))`;

export function toResourceRow(row: ResourceSqlRow): ResourceRow {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    clusterSlug: row.cluster_slug,
    clusterName: row.cluster_name,
    environment: row.environment,
    stale: row.stale,
    unreconciled: row.controllers === null ? null : unreconciledBecause(row, row.controllers),
    group: row.group,
    kind: row.kind,
    namespace: row.namespace,
    name: row.name,
    uid: row.uid,
    word: row.word,
    subState: row.sub_state,
    reason: row.reason,
    message: row.message,
    revision: row.revision,
    attemptedRevision: row.attempted_revision,
    suspended: row.suspended,
    suspendedBy: row.suspended_by,
    labels: row.labels,
    since: row.since.toISOString(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
