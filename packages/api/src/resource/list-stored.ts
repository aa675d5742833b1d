import { ClusterKey, FluxKindName } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { feedCursor } from "../live/feed-cursor.ts";
import { operation } from "../operation.ts";
import { all, isIn } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";
import { LegacyResource, toLegacyResource } from "./legacy-resource.ts";
import { type StoredSqlRow, storedColumns, toStoredResource } from "./one-resource.ts";
import { resourcesOfClusters } from "./resource-rows.ts";

const PAGE = 200;
const Part = z
  .string()
  .max(253)
  .refine((text) => !text.includes("\0"), "must not contain a NUL character");
/** `cluster`, `kind`, `namespace` and `name` of the last row. */
const Position = z.tuple([z.uuid(), Part, Part, Part]);

/**
 * Stored objects with their documents, ordered by cluster, kind, namespace and name: what REST v1 lists. A page at a
 * time; whoever wants all of it asks again with `next`.
 */
export const listStoredResources = operation({
  name: "resource.listStored",
  permission: "resource.read",
  scope: (input, ctx) => (input.cluster === undefined ? FLEET : ctx.clusterScope(input.cluster)),
  effect: "read",
  input: z.object({
    cluster: ClusterKey.optional(),
    kind: z.array(FluxKindName).max(30).optional(),
    limit: z.number().int().min(1).max(1000).default(PAGE),
    /** Where the page before ended. */
    after: Position.optional(),
  }),
  output: z.object({
    resources: z.array(LegacyResource),
    next: Position.nullable(),
    /** Feed cursor this page is true at. */
    cursor: z.string(),
  }),
  invalid: { kind: "KIND_NOT_SUPPORTED", after: "CURSOR" },
  async run(ctx, input) {
    const { sql } = ctx;
    const cursor = await feedCursor(sql);
    const terms = [await ctx.visible("resource.read")];
    if (input.cluster !== undefined) terms.push(isIn("clusterId", [(await ctx.findCluster(input.cluster)).id]));
    if (input.kind !== undefined) terms.push(isIn("kind", input.kind));
    const order = sql`r.cluster_id, r.kind collate "C", r.namespace, r.name`;
    const after = input.after;
    // Which rows they are is found first: to put a cluster's rows in order, their documents are not needed.
    const rows = await sql<StoredSqlRow[]>`
      select ${storedColumns(sql)}
      from ${resourcesOfClusters(sql)} left join flux_objects o on o.resource_id = r.id
      where r.id = any(array(
        select r.id from ${resourcesOfClusters(sql)}
        where ${toSql(sql, all(...terms))}
          and ${after === undefined ? sql`true` : sql`(${order}) > (${after[0]}::uuid, ${after[1]}::text, ${after[2]}::text, ${after[3]}::text)`}
        order by ${order} limit ${input.limit + 1}
      ))
      order by ${order}`;
    const resources = rows.slice(0, input.limit).map((row) => toLegacyResource(toStoredResource(row)));
    const last = resources.at(-1);
    const next: z.infer<typeof Position> | null =
      rows.length > input.limit && last !== undefined ? [last.clusterId, last.kind, last.namespace, last.name] : null;
    return { resources, next, cursor };
  },
});
