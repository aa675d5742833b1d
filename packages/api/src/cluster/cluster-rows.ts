import type { Cluster, ClusterProblem } from "@flux-orchestrator/contract";
import { type Readiness, SEVERITY } from "@flux-orchestrator/flux";
import type { SqlRunner } from "../context.ts";
import { isOfCluster, type Predicate, speaksOf } from "../query/predicate.ts";
import { toFunction } from "../query/to-function.ts";
import { toCountsSql } from "../query/to-sql.ts";
import { isStale } from "./confirmation.ts";
import { type ControllerTrouble, readTrouble } from "./controllers.ts";

interface ClusterSqlRow {
  id: string;
  slug: string;
  name: string;
  description: string;
  environment: string;
  labels: Record<string, string>;
  server: string;
  status: Cluster["status"];
  stream: Cluster["stream"];
  stale: boolean;
  problem: ClusterProblem | null;
  insecure_tls: boolean;
  credential_kind: Cluster["credential"]["kind"];
  credential_expires_at: Date | null;
  kubernetes_version: string | null;
  flux_version: string | null;
  confirmed_at: Date | null;
  last_seen_at: Date | null;
  is_favorite: boolean;
  health_check_interval_seconds: number;
  source: Cluster["source"];
  source_id: string;
  created_at: Date;
  updated_at: Date;
  counts: Partial<Record<Readiness, number>> | null;
  /** Kinds some objects of which may be without a controller; null when the cluster has no trouble. */
  doubtful_kinds: string[] | null;
  controllers_changed_at: Date | null;
}

/** What an actor may see: clusters by `cluster.read`, the counts of their objects by `resource.read`. */
export interface Sight {
  clusters: Predicate;
  resources: Predicate;
}

/**
 * Registered clusters, newest first; some of them when ids are given. Their objects are counted from the roll-up by cluster
 * unless the actor sees only some of a cluster's.
 */
export async function readClusters(sql: SqlRunner, sight: Sight, ids?: readonly string[]): Promise<Cluster[]> {
  const seesWhole = speaksOf(sight.resources, isOfCluster);
  const words = sql`
    select r.cluster_id, r.word, ${seesWhole ? sql`r.count` : sql`sum(r.count)::int as count`}
    from ${seesWhole ? sql`cluster_counts` : sql`resource_counts`} r
    where ${ids === undefined ? sql`true` : sql`r.cluster_id = any(${[...ids]}::uuid[])`}
      and r.count > 0 and ${toCountsSql(sql, sight.resources)}`;
  const rows = await sql<ClusterSqlRow[]>`
    with counted as (
      select cluster_id, json_object_agg(word, count) as counts from (${seesWhole ? words : sql`${words} group by 1, 2`}) r group by 1
    )
    select c.id::text as id, c.slug, c.name, c.description, c.environment, c.labels, c.server, c.status, c.stream, c.problem,
      ${isStale(sql)} as stale, case when ${mayBeUnreconciled(sql)} then c.doubtful_kinds end as doubtful_kinds, c.controllers_changed_at,
      c.insecure_tls, c.credential_kind, c.credential_expires_at, c.kubernetes_version, c.flux_version, c.confirmed_at,
      c.last_seen_at, c.is_favorite, c.health_check_interval_seconds, c.source, c.source_id, c.created_at, c.updated_at,
      counted.counts
    from clusters c left join counted on counted.cluster_id = c.id
    where c.deleted_at is null and ${ids === undefined ? sql`true` : sql`c.id = any(${[...ids]}::uuid[])`}
    order by c.created_at desc, c.id`;
  const seen = toFunction(sight.clusters);
  const visible = rows.filter((row) => seen({ clusterId: row.id, environment: row.environment }) !== false);
  const doubtful = visible.flatMap(({ id, doubtful_kinds: doubtfulKinds, controllers_changed_at: changedAt }) =>
    doubtfulKinds !== null && changedAt !== null ? [{ id, doubtfulKinds, changedAt }] : [],
  );
  const troubles = await readTrouble(sql, doubtful, sight.resources);
  return visible.map((row) => toCluster(row, troubles.get(row.id)));
}

/**
 * Whether a cluster `c` may have trouble: a controller is not available, or there are objects of a kind that lacks one, or of
 * a shard.
 */
const mayBeUnreconciled = (sql: SqlRunner) => sql`(
  c.doubtful_kinds is not null and (
    (cardinality(c.doubtful_kinds) > 0 and (
      exists (select from cluster_controllers x where x.cluster_id = c.id and x.state <> 'available')
      or exists (select from cluster_kind_counts k where k.cluster_id = c.id and k.kind = any(c.doubtful_kinds) and k.count > 0)))
    or exists (select from flux_resources r where r.cluster_id = c.id and r.labels ? 'sharding.fluxcd.io/key')))`;

function toCluster(row: ClusterSqlRow, trouble?: ControllerTrouble): Cluster {
  const counts: Cluster["counts"] = {};
  for (const [word, count] of Object.entries(row.counts ?? {}) as [Readiness, number][]) {
    const reconciled = count - (trouble?.unreconciled[word] ?? 0);
    if (reconciled > 0) counts[word] = reconciled;
  }
  const words = Object.keys(counts) as Readiness[];
  const sum = (all: Cluster["counts"]) => Object.values(all).reduce((so, count) => so + count, 0);
  // A cluster that cannot be read says that first.
  const problem = row.problem ?? trouble?.problem ?? null;
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    environment: row.environment,
    labels: row.labels,
    server: row.server,
    status: row.problem === null && trouble?.problem != null ? "unhealthy" : row.status,
    stream: row.stream,
    stale: row.stale,
    problem,
    insecureTls: row.insecure_tls,
    credential: { kind: row.credential_kind, expiresAt: row.credential_expires_at?.toISOString() ?? null },
    kubernetesVersion: row.kubernetes_version,
    fluxVersion: row.flux_version,
    confirmedAt: row.confirmed_at?.toISOString() ?? null,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    worst: words.reduce<Readiness | null>(
      (worst, word) => (worst === null || SEVERITY[word] > SEVERITY[worst] ? word : worst),
      null,
    ),
    counts,
    unreconciledCount: sum(trouble?.unreconciled ?? {}),
    objectCount: sum(row.counts ?? {}),
    isFavorite: row.is_favorite,
    healthCheckIntervalSeconds: row.health_check_interval_seconds,
    source: row.source,
    sourceId: row.source_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
