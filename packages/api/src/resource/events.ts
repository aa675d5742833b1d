import { EventPage, EventQuery } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { foreignCursor } from "./position.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

/**
 * What the Flux controllers told of an object, newest first, kept beyond the hour of the API server. Also of an object that
 * is gone, and of those that had its name before.
 *
 * @throws DomainError CLUSTER_NOT_FOUND, CURSOR
 */
export const listEvents = operation({
  name: "resource.events",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: EventQuery,
  output: EventPage,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, query) {
    const { sql } = ctx;
    const { id: clusterId } = await ctx.findCluster(query.cluster);
    const { group, kind, namespace, name } = keyOf(query);
    const after = query.cursor === undefined ? null : positionOf(query.cursor);
    const rows = await sql<
      (Omit<EventPage["events"][number], "firstAt" | "lastAt"> & { firstAt: Date; lastAt: Date })[]
    >`
      select id::text as id, type, reason, message, source, count::float8 as count, first_at as "firstAt", last_at as "lastAt"
      from object_events
      where cluster_id = ${clusterId}::uuid and kind = ${kind} and namespace = ${namespace} and name = ${name} and "group" = ${group}
        and ${after === null ? sql`true` : sql`(last_at, id) < (${new Date(after.ms)}, ${after.id}::bigint)`}
      order by last_at desc, id desc limit ${query.limit + 1}`;
    const events = rows
      .slice(0, query.limit)
      .map((row) => ({ ...row, firstAt: row.firstAt.toISOString(), lastAt: row.lastAt.toISOString() }));
    const last = events.at(-1);
    const nextCursor = rows.length > query.limit && last !== undefined ? `${Date.parse(last.lastAt)}.${last.id}` : null;
    return { events, nextCursor };
  },
});

/** Time and id of the last event of a page. @throws DomainError CURSOR */
function positionOf(cursor: string): { ms: number; id: string } {
  const [, ms, id] = /^(\d{1,13})\.(\d{1,18})$/.exec(cursor) ?? [];
  if (ms === undefined || id === undefined) throw foreignCursor();
  return { ms: Number(ms), id };
}
