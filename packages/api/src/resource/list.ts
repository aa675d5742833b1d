import { ResourcePage, ResourceQuery } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { confirmedAt } from "../cluster/confirmation.ts";
import { feedCursor } from "../live/feed-cursor.ts";
import { operation } from "../operation.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { all } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";
import { countFacets } from "./facets.ts";
import { decodePageCursor, encodePageCursor } from "./page-cursor.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";
import { orderOf } from "./sort.ts";

/**
 * One page of the objects that match, with how many there are by readiness and kind. A live stream opened with the
 * page's `cursor` misses nothing that changes afterwards.
 *
 * @throws DomainError CURSOR when the page cursor is not one of this query
 */
export const listResources = operation({
  name: "resource.list",
  permission: "resource.read",
  scope: () => FLEET,
  effect: "read",
  input: ResourceQuery,
  output: ResourcePage,
  invalid: { cursor: "CURSOR" },
  async run(ctx, query) {
    const { sql } = ctx;
    const visible = await ctx.visible("resource.read");
    const ids = await clusterIds(sql, query);
    const matching = (leave?: "kind" | "readiness") => all(visible, fromFilter(query, ids, leave));
    const order = orderOf(sql, query);
    const after = decodePageCursor(query, order.count);
    // Read first: what changes while the page is read is told by the stream as well.
    const cursor = await feedCursor(sql);
    const [rows, { total, facets }, confirmed] = await Promise.all([
      sql<ResourceSqlRow[]>`
        select ${rowColumns(sql)} from ${resourcesOfClusters(sql)}
        where ${toSql(sql, matching())} and ${after === null ? sql`true` : order.after(after)}
        order by ${order.orderBy} limit ${query.limit + 1}`,
      countFacets(sql, matching),
      confirmedAt(sql, matching()),
    ]);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    const nextCursor =
      rows.length > query.limit && last !== undefined ? encodePageCursor(query, order.valuesOf(last)) : null;
    return { rows: shown.map(toResourceRow), nextCursor, total, facets, cursor, confirmedAt: confirmed };
  },
});
