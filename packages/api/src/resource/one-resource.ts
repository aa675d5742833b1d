import { DomainError, type ResourceRow } from "@flux-orchestrator/contract";
import type { ObjectKey } from "@flux-orchestrator/flux";
import type { SqlRunner } from "../context.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

/** What the store knows of one object, beside its row. */
export interface StoredResource {
  row: ResourceRow;
  /** The masked object, JSON; null when it was never stored. */
  document: string | null;
  lastRunAt: Date | null;
  nextRunAt: Date | null;
}

/** One stored object; null when there is none. Two groups with the same kind do not occur among Flux's. */
export async function findResource(sql: SqlRunner, clusterId: string, key: Pick<ObjectKey, "kind" | "namespace" | "name">): Promise<StoredResource | null> {
  const [found] = await sql<(ResourceSqlRow & { document: string | null; last_run_at: Date | null; next_run_at: Date | null })[]>`
    select ${rowColumns(sql)}, r.last_run_at, r.next_run_at, o.document
    from ${resourcesOfClusters(sql)} left join flux_objects o on o.resource_id = r.id
    where r.cluster_id = ${clusterId}::uuid and r.kind = ${key.kind} and r.namespace = ${key.namespace} and r.name = ${key.name}
    limit 1`;
  if (found === undefined) return null;
  return { row: toResourceRow(found), document: found.document, lastRunAt: found.last_run_at, nextRunAt: found.next_run_at };
}

export const noSuchObject = (key: Pick<ObjectKey, "kind" | "namespace" | "name">): DomainError =>
  new DomainError("OBJECT_NOT_FOUND", `There is no ${key.kind} ${key.namespace}/${key.name} on this cluster.`);

/** The row after an action: as stored now. @throws DomainError OBJECT_NOT_FOUND */
export async function storedRow(sql: SqlRunner, clusterId: string, key: ObjectKey): Promise<ResourceRow> {
  const found = await findResource(sql, clusterId, key);
  if (found === null) throw noSuchObject(key);
  return found.row;
}
