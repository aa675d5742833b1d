import { DomainError, type ResourceRow } from "@flux-orchestrator/contract";
import { memoryOf, type ObjectKey, type SettleMemory } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

/** What the store knows of one object, beside its row. */
export interface StoredResource {
  row: ResourceRow;
  /** The masked object, JSON; null when it was never stored. */
  document: string | null;
  /** What settling remembers of it. */
  memory: SettleMemory;
  /** The raw Ready condition's status; null without one. */
  readyStatus: string | null;
  lastHandledReconcileAt: string | null;
  readyTransitionAt: Date | null;
  /** When the cluster's rows were last known to be true. */
  confirmedAt: Date | null;
}

export interface StoredSqlRow extends ResourceSqlRow {
  document: string | null;
  settle_memory: string;
  generation: number | null;
  ready_status: string | null;
  last_handled_reconcile_at: string | null;
  ready_transition_at: Date | null;
  confirmed_at: Date | null;
}

/** Columns of what the store knows, over `r`, `c` and `o` (flux_objects). */
export const storedColumns = (sql: SqlRunner): Fragment => sql`
  ${rowColumns(sql)}, r.settle_memory, r.generation::float8 as generation, r.ready_status, r.last_handled_reconcile_at, r.ready_transition_at,
  c.confirmed_at, o.document`;

export function toStoredResource(stored: StoredSqlRow): StoredResource {
  const row = toResourceRow(stored);
  return {
    row,
    document: stored.document,
    memory: memoryOf({ ...row, generation: stored.generation }, stored.settle_memory),
    readyStatus: stored.ready_status,
    lastHandledReconcileAt: stored.last_handled_reconcile_at,
    readyTransitionAt: stored.ready_transition_at,
    confirmedAt: stored.confirmed_at,
  };
}

/** One stored object; null when there is none. Two groups with the same kind do not occur among Flux's. */
export async function findResource(
  sql: SqlRunner,
  clusterId: string,
  key: Pick<ObjectKey, "kind" | "namespace" | "name">,
): Promise<StoredResource | null> {
  const [found] = await sql<StoredSqlRow[]>`
    select ${storedColumns(sql)}
    from ${resourcesOfClusters(sql)} left join flux_objects o on o.resource_id = r.id
    where r.cluster_id = ${clusterId}::uuid and r.kind = ${key.kind} and r.namespace = ${key.namespace} and r.name = ${key.name}
    limit 1`;
  return found === undefined ? null : toStoredResource(found);
}

export const noSuchObject = (key: Pick<ObjectKey, "kind" | "namespace" | "name">): DomainError =>
  new DomainError("OBJECT_NOT_FOUND", `There is no ${key.kind} ${key.namespace}/${key.name} on this cluster.`);

/** The row after an action: as stored now. @throws DomainError OBJECT_NOT_FOUND */
export async function storedRow(sql: SqlRunner, clusterId: string, key: ObjectKey): Promise<ResourceRow> {
  const found = await findResource(sql, clusterId, key);
  if (found === null) throw noSuchObject(key);
  return found.row;
}
