import { type FacetField, ResourcePage, ResourceQuery } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { confirmedAt } from "../cluster/confirmation.ts";
import { feedCursor } from "../live/feed-cursor.ts";
import { operation } from "../operation.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { labelSetsOf } from "../query/label-sets.ts";
import { all } from "../query/predicate.ts";
import { resolveEnvironments } from "../query/resolve-environments.ts";
import { countFacets } from "./facets.ts";
import { decodePageCursor, encodePageCursor } from "./page-cursor.ts";
import { readPage } from "./read-page.ts";
import { type ResourceSqlRow, rowColumns, toResourceRow } from "./resource-rows.ts";
import { orderOf } from "./sort.ts";

/**
 * One page of the objects that match, with how many there are, also by the fields whose facets are asked for. A live stream opened with the
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
    // The position is read before the rows: what changes while the page is read is told by the stream as well.
    const [ids, cursor] = await Promise.all([clusterIds(sql, query), feedCursor(sql)]);
    const matching = (leave?: FacetField) => all(visible, fromFilter(query, ids, leave));
    const { cursor: given, limit: _limit, facets: _facets, ...asked } = query;
    const after = given === undefined ? null : decodePageCursor(asked, given, orderOf(sql, query).count);
    const predicate = await resolveEnvironments(sql, matching());
    const labelSets = await labelSetsOf(sql, predicate);
    const { total, facets } = await countFacets(
      sql,
      { facets: query.facets, isRest: after !== null },
      { matching, labelSets },
    );
    const known = total === null || total.more ? null : total.count;
    const [rows, confirmed] = await Promise.all([
      readPage<ResourceSqlRow>(
        sql,
        { predicate, labelSets, query, after, count: query.limit + 1, total: known },
        { columns: rowColumns(sql) },
      ),
      confirmedAt(sql, predicate),
    ]);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    const nextCursor =
      rows.length > query.limit && last !== undefined
        ? encodePageCursor(asked, orderOf(sql, query).valuesOf(last))
        : null;
    return { rows: shown.map(toResourceRow), nextCursor, total, facets, cursor, confirmedAt: confirmed };
  },
});
