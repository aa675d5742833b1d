import { ClusterKey, FluxKindName, ResourceFilter, SORTS } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { feedCursor } from "../live/feed-cursor.ts";
import { operation } from "../operation.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { labelSetsOf } from "../query/label-sets.ts";
import { all, isIn } from "../query/predicate.ts";
import { resolveEnvironments } from "../query/resolve-environments.ts";
import { LegacyResource, type LegacySqlRow, legacyColumns, toLegacyResource, toSortedRow } from "./legacy-resource.ts";
import { decodePageCursor, encodePageCursor } from "./page-cursor.ts";
import { readPage } from "./read-page.ts";
import { orderOf } from "./sort.ts";

const PAGE = 200;

/**
 * Stored objects with their documents: what REST v1 lists, by cluster, kind, namespace and name unless told otherwise. A page at
 * a time; whoever wants all of it asks again with `next`. What did not change meanwhile is on one page and on no other.
 *
 * @throws DomainError CURSOR when the page cursor is not one of this query, CLUSTER_NOT_FOUND
 */
export const listStoredResources = operation({
  name: "resource.listStored",
  permission: "resource.read",
  scope: (input, ctx) => (input.of === undefined ? FLEET : ctx.clusterScope(input.of)),
  effect: "read",
  input: ResourceFilter.extend({
    /** All kinds unless told; an empty list is none. */
    kind: z.array(FluxKindName).max(30).optional(),
    not: ResourceFilter.omit({ text: true }).optional(),
    /** The one cluster whose objects are listed, id or slug; all that match unless told. */
    of: ClusterKey.optional(),
    sort: z.enum(["key", ...SORTS]).default("key"),
    /** The order turned around. */
    descending: z.boolean().default(false),
    limit: z.number().int().min(1).max(1000).default(PAGE),
    /** As handed out by `next`. */
    cursor: z.string().max(2048).optional(),
    /** Without documents, which are most of what is read, `document` is `{}` and `message` is empty. */
    documents: z.boolean().default(true),
  }),
  output: z.object({
    resources: z.array(LegacyResource),
    /** The `cursor` of the next page. */
    next: z.string().nullable(),
    /** Feed cursor this page is true at. */
    cursor: z.string(),
  }),
  invalid: { kind: "KIND_NOT_SUPPORTED", cursor: "CURSOR" },
  async run(ctx, { limit, cursor: given, documents, ...asked }) {
    const { sql } = ctx;
    const { of, kind, ...query } = asked;
    const order = orderOf(sql, query);
    const after = given === undefined ? null : decodePageCursor(asked, given, order.count);
    // The position is read before the rows: what changes while the page is read makes the next one another.
    const [visible, ids, cursor] = await Promise.all([
      ctx.visible("resource.read"),
      clusterIds(sql, query),
      feedCursor(sql),
    ]);
    const terms = [visible, fromFilter(query, ids)];
    if (kind !== undefined) terms.push(isIn("kind", kind));
    if (of !== undefined) terms.push(isIn("clusterId", [(await ctx.findCluster(of)).id]));
    const predicate = await resolveEnvironments(sql, all(...terms));
    const labelSets = await labelSetsOf(sql, predicate);
    const rows = await readPage<LegacySqlRow>(
      sql,
      { predicate, labelSets, query, after, count: limit + 1, total: null },
      { columns: legacyColumns(sql, { documents }), documents },
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      resources: shown.map(toLegacyResource),
      next:
        rows.length > limit && last !== undefined ? encodePageCursor(asked, order.valuesOf(toSortedRow(last))) : null,
      cursor,
    };
  },
});
