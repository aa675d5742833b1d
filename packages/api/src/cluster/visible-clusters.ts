import type { OperationContext } from "../context.ts";
import { toFunction } from "../query/to-function.ts";

/** Ids of the clusters this actor may see; null when that is all of them, those that were removed included. */
export async function visibleClusterIds(
  ctx: OperationContext,
  { removedToo }: { removedToo: boolean },
): Promise<string[] | null> {
  const predicate = await ctx.visible("cluster.read");
  const seen = toFunction(predicate);
  if (seen({}) === true) return null;
  const rows = await ctx.sql<{ id: string; environment: string }[]>`
    select id::text as id, environment from clusters where ${removedToo ? ctx.sql`true` : ctx.sql`deleted_at is null`}`;
  return rows.filter(({ id, environment }) => seen({ clusterId: id, environment }) !== false).map(({ id }) => id);
}
