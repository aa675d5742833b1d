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
import type { Predicate } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";

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
): Promise<Map<string, ClusterController[]>> {
  if (clusterIds.length === 0) return new Map();
  const rows = await sql<(Omit<ClusterController, "since"> & { clusterId: string; since: Date })[]>`
    select cluster_id::text as "clusterId", namespace, name, controller, version, desired, available, state, since, selector,
      only_namespace as "onlyNamespace"
    from cluster_controllers where cluster_id = any(${[...clusterIds]}::uuid[])
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

/**
 * Judges clusters that may have trouble: every object there is held against the controllers, counted by what decides. Only
 * of the objects that `seen` picks.
 */
export async function readTrouble(
  sql: SqlRunner,
  clusters: readonly { id: string; changedAt: Date }[],
  seen: Predicate,
): Promise<Map<string, ControllerTrouble>> {
  if (clusters.length === 0) return new Map();
  const ids = clusters.map(({ id }) => id);
  const controllers = await readControllers(sql, ids);
  const selectors = [...controllers.values()].flat().flatMap(({ selector }) => selector ?? []);
  const keys = [...new Set([SHARD_KEY, ...selectors.flatMap(keysOfSelector)])];
  const alike = await sql<Alike[]>`
    select "clusterId", kind, namespace, word, labels, count(*)::int as count from (
      select r.cluster_id::text as "clusterId", r.kind, r.namespace, r.word,
        case when r.labels ?| ${keys} then (
          select jsonb_object_agg(key, value) from jsonb_each_text(r.labels) where key = any(${keys})) else '{}' end as labels
      from flux_resources r join clusters c on c.id = r.cluster_id
      where r.cluster_id = any(${ids}::uuid[]) and ${toSql(sql, seen)}
    ) as objects group by 1, 2, 3, 4, 5`;
  const byCluster = Map.groupBy(alike, ({ clusterId }) => clusterId);
  return new Map(
    clusters.map(({ id, changedAt }) => [id, troubleOf(controllers.get(id) ?? [], byCluster.get(id) ?? [], changedAt)]),
  );
}

/** Objects that the controllers cannot tell apart. */
interface Alike {
  clusterId: string;
  kind: string;
  namespace: string;
  word: Readiness;
  labels: Record<string, string>;
  count: number;
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
    unreconciled[alike.word] = (unreconciled[alike.word] ?? 0) + alike.count;
    const name = fluxKind(alike.kind)?.controller;
    if (name !== undefined && controllers.every(({ controller }) => controller !== name)) missing.add(name);
  }
  const said = controllerProblem(controllers, [...missing].sort());
  if (said === null) return { problem: null, unreconciled };
  const down = controllers.filter(({ state }) => state !== "available").map(({ since }) => since);
  const since = [...down, ...(missing.size > 0 ? [changedAt.toISOString()] : [])].sort()[0]!;
  return { problem: { code: CONTROLLER_UNAVAILABLE, ...said, since }, unreconciled };
}
