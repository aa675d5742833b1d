import type { ResourceFilter } from "@flux-orchestrator/contract";
import { UUID } from "../cluster/cluster-record.ts";
import type { SqlRunner } from "../context.ts";

type Filter = ResourceFilter & { not?: Omit<ResourceFilter, "text"> | undefined };

/** Looks up the clusters a filter names, by id or slug, in one query. */
export async function clusterIds(sql: SqlRunner, filter: Filter): Promise<(idOrSlug: string) => string | undefined> {
  const keys = [...new Set([...(filter.cluster ?? []), ...(filter.not?.cluster ?? [])])].map((key) =>
    key.replaceAll("\0", ""),
  );
  if (keys.length === 0) return () => undefined;
  const ids = keys.filter((key) => UUID.test(key));
  const rows = await sql<{ id: string; slug: string }[]>`
    select id::text as id, slug from clusters where deleted_at is null and (slug = any(${keys}) or id = any(${ids}::uuid[]))`;
  const byKey = new Map(rows.flatMap(({ id, slug }) => [[id, id] as const, [slug, id] as const]));
  return (key) => byKey.get(key) ?? byKey.get(key.toLowerCase());
}
