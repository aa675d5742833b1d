import type { ClusterController, ClusterProblem } from "@flux-orchestrator/contract";
import {
  CONTROLLER_UNAVAILABLE,
  controllerProblem,
  fluxKind,
  keysOfSelector,
  type Readiness,
  SHARD_KEY,
  unreconciledBecause,
} from "@flux-orchestrator/flux";
import type { SqlRunner } from "../context.ts";
import { isOfColumn, type Predicate, speaksOf } from "../query/predicate.ts";
import { toCountsSql, toSql } from "../query/to-sql.ts";

/** What is wrong with the controllers of a cluster, and what that leaves without one. */
export interface ControllerTrouble {
  problem: ClusterProblem | null;
  /** Objects that no controller reconciles, by word. */
  unreconciled: Partial<Record<Readiness, number>>;
}

/** The Flux controllers of some clusters, by cluster, those that do not run first. */
export async function readControllers(
  sql: SqlRunner,
  clusterIds: readonly string[],
  which = sql`true`,
): Promise<Map<string, ClusterController[]>> {
  if (clusterIds.length === 0) return new Map();
  const rows = await sql<(Omit<ClusterController, "since"> & { clusterId: string; since: Date })[]>`
    select cluster_id::text as "clusterId", namespace, name, controller, version, desired, available, state, since, selector,
      only_namespace as "onlyNamespace"
    from cluster_controllers where cluster_id = any(${[...clusterIds]}::uuid[]) and ${which}
    order by state = 'available', controller, namespace, name`;
  const controllers = rows.map(({ clusterId, since, ...controller }) => ({
    clusterId,
    controller: { ...controller, since: since.toISOString() },
  }));
  return new Map(
    [...Map.groupBy(controllers, ({ clusterId }) => clusterId)].map(([id, all]) => [
      id,
      all.map((one) => one.controller),
    ]),
  );
}

/** A cluster that may have trouble: kinds some objects of which may lack a controller, and when its controllers changed. */
interface Doubtful {
  id: string;
  doubtfulKinds: readonly string[];
  changedAt: Date;
}

/**
 * Judges clusters that may have trouble: what is not certainly reconciled is held against the controllers, counted by what
 * decides. Only of the objects that `seen` picks. They are read one by one only where a controller does not look at all of
 * its kinds' objects; elsewhere the kind decides, and the counters know it.
 */
export async function readTrouble(
  sql: SqlRunner,
  clusters: readonly Doubtful[],
  seen: Predicate,
): Promise<Map<string, ControllerTrouble>> {
  if (clusters.length === 0) return new Map();
  const ids = clusters.map(({ id }) => id);
  const controllers = await readControllers(sql, ids, decideSomething(sql));
  const controllersOf = (id: string) => controllers.get(id) ?? [];
  const isNarrow = ({ id }: Doubtful) =>
    controllersOf(id).some(({ selector, onlyNamespace }) => selector !== null || onlyNamespace !== null);
  const { narrow = [], others = [] } = Object.groupBy(clusters, (cluster) => (isNarrow(cluster) ? "narrow" : "others"));
  const alike = await Promise.all([
    fromRows(sql, narrow, { seen, controllers: narrow.flatMap(({ id }) => controllersOf(id)) }),
    fromCounters(sql, others, seen),
  ]);
  const byCluster = Map.groupBy(alike.flat(), ({ clusterId }) => clusterId);
  return new Map(
    clusters.map(({ id, changedAt }) => [id, troubleOf(controllersOf(id), byCluster.get(id) ?? [], changedAt)]),
  );
}

/**
 * Controllers that decide something: all of a cluster where some do not look at everything; elsewhere those of which an
 * instance does not run. No kind in doubt has others.
 */
const decideSomething = (sql: SqlRunner) => sql`(
  cluster_id in (select cluster_id from cluster_controllers where selector is not null or only_namespace is not null)
  or (cluster_id, controller) in (select cluster_id, controller from cluster_controllers where state <> 'available'))`;

/** Objects that the controllers cannot tell apart, by word. */
interface Alike {
  clusterId: string;
  kind: string;
  namespace: string;
  labels: Record<string, string>;
  counts: Partial<Record<Readiness, number>>;
}

/** Objects of the kinds in doubt. */
async function fromCounters(sql: SqlRunner, clusters: readonly Doubtful[], seen: Predicate): Promise<Alike[]> {
  if (clusters.length === 0) return [];
  const kindsOf = new Map(clusters.map(({ id, doubtfulKinds }) => [id, doubtfulKinds]));
  const kinds = new Set(clusters.flatMap(({ doubtfulKinds }) => doubtfulKinds));
  const areWhole = speaksOf(seen, (term) => isOfColumn(term) && term.column !== "namespace");
  const words = sql`
    select r.cluster_id, r.kind, r.word, ${areWhole ? sql`r.count` : sql`sum(r.count)::int as count`}
    from ${areWhole ? sql`cluster_kind_counts` : sql`resource_counts`} r
    where r.cluster_id = any(${[...kindsOf.keys()]}::uuid[]) and r.kind = any(${[...kinds]}) and r.count > 0
      and ${toCountsSql(sql, seen)}`;
  const alike = await sql<Alike[]>`
    select cluster_id::text as "clusterId", kind, '' as namespace, '{}'::json as labels, json_object_agg(word, count) as counts
    from (${areWhole ? words : sql`${words} group by 1, 2, 3`}) r group by cluster_id, kind`;
  return alike.filter(({ clusterId, kind }) => kindsOf.get(clusterId)?.includes(kind));
}

/** Objects of the kinds in doubt, and those of shards, with the labels that selectors ask for. */
async function fromRows(
  sql: SqlRunner,
  clusters: readonly Doubtful[],
  { seen, controllers }: { seen: Predicate; controllers: readonly ClusterController[] },
): Promise<Alike[]> {
  if (clusters.length === 0) return [];
  const selectors = controllers.flatMap(({ selector }) => selector ?? []);
  const keys = [...new Set([SHARD_KEY, ...selectors.flatMap(keysOfSelector)])];
  return await sql<Alike[]>`
    select "clusterId", kind, namespace, labels, jsonb_object_agg(word, count) as counts from (
      select "clusterId", kind, namespace, labels, word, count(*)::int as count from (
        select r.cluster_id::text as "clusterId", r.kind, r.namespace, r.word,
          case when r.labels ?| ${keys} then (
            select jsonb_object_agg(key, value) from jsonb_each_text(r.labels) where key = any(${keys})) else '{}' end as labels
        from flux_resources r join clusters c on c.id = r.cluster_id
        where r.cluster_id = any(${clusters.map(({ id }) => id)}::uuid[]) and ${toSql(sql, seen)}
          and (r.kind = any(c.doubtful_kinds) or r.labels ? 'sharding.fluxcd.io/key')
      ) as objects group by 1, 2, 3, 4, 5
    ) as words group by 1, 2, 3, 4`;
}

function troubleOf(
  controllers: readonly ClusterController[],
  objects: readonly Alike[],
  changedAt: Date,
): ControllerTrouble {
  const unreconciled: Partial<Record<Readiness, number>> = {};
  const missing = new Set<string>();
  for (const alike of objects) {
    if (unreconciledBecause(alike, controllers) === null) continue;
    for (const [word, count] of Object.entries(alike.counts) as [Readiness, number][])
      unreconciled[word] = (unreconciled[word] ?? 0) + count;
    const name = fluxKind(alike.kind)?.controller;
    if (name !== undefined && controllers.every(({ controller }) => controller !== name)) missing.add(name);
  }
  const said = controllerProblem(controllers, [...missing].sort());
  if (said === null) return { problem: null, unreconciled };
  const down = controllers.filter(({ state }) => state !== "available").map(({ since }) => since);
  const since = [...down, ...(missing.size > 0 ? [changedAt.toISOString()] : [])].sort()[0]!;
  return { problem: { code: CONTROLLER_UNAVAILABLE, ...said, since }, unreconciled };
}
