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

/**
 * Finds a registered cluster by id or slug.
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export async function findCluster(sql: SqlRunner, idOrSlug: string): Promise<ClusterRecord> {
  const named = UUID.test(idOrSlug) ? sql`id = ${idOrSlug}::uuid` : sql`slug = ${idOrSlug.replaceAll("\0", "")}`;
  const [found] = await sql<ClusterRecord[]>`
    select id::text as id, slug, name, environment, stream from clusters where ${named} and deleted_at is null`;
  if (found === undefined) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
  return found;
}
