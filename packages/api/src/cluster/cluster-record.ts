import { DomainError } from "@flux-orchestrator/contract";
import type { SqlRunner } from "../context.ts";

/** What every operation on a cluster needs to know of it. */
export interface ClusterRecord {
  id: string;
  slug: string;
  name: string;
  environment: string;
  stream: string;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Registered clusters by id or slug, each in its place; undefined where there is none. */
export async function findClusters(sql: SqlRunner, keys: readonly string[]): Promise<(ClusterRecord | undefined)[]> {
  const ids = keys.filter((key) => UUID.test(key)).map((id) => id.toLowerCase());
  const slugs = keys.filter((key) => !UUID.test(key)).map((slug) => slug.replaceAll("\0", ""));
  const columns = sql`id::text as id, slug, name, environment, stream`;
  const found = await sql<ClusterRecord[]>`
    select ${columns} from clusters where id = any(${ids}::uuid[]) and deleted_at is null
    union all select ${columns} from clusters where slug = any(${slugs}::text[]) and deleted_at is null`;
  const byId = new Map(found.map((cluster) => [cluster.id, cluster]));
  const bySlug = new Map(found.map((cluster) => [cluster.slug, cluster]));
  return keys.map((key) => (UUID.test(key) ? byId.get(key.toLowerCase()) : bySlug.get(key.replaceAll("\0", ""))));
}

/**
 * Finds a registered cluster by id or slug.
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export async function findCluster(sql: SqlRunner, idOrSlug: string): Promise<ClusterRecord> {
  return foundCluster((await findClusters(sql, [idOrSlug]))[0]);
}

/** @throws DomainError CLUSTER_NOT_FOUND */
export function foundCluster(found: ClusterRecord | undefined): ClusterRecord {
  if (found === undefined) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
  return found;
}
