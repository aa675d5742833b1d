import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { ExportFilter, exportedRows, isExported } from "./export-filter.ts";
import { LegacyResource, type LegacySqlRow, legacyColumns, toLegacyResource, toSortedRow } from "./legacy-resource.ts";

const PAGE = 200;
const Part = z.string().max(253);
/** Cluster, namespace, name, kind and group of the last row. */
const Position = z.tuple([z.uuid(), Part, Part, Part, Part]);

function positionOf(row: LegacySqlRow): z.infer<typeof Position> {
  const { cluster_id, namespace, name, kind, group } = toSortedRow(row);
  return [cluster_id, namespace, name, kind, group];
}

/**
 * A page of the stored objects that an export holds, with their documents, in the order of their keys: a range of one index,
 * so that a page costs the same wherever it is.
 */
export const exportPage = operation({
  name: "resource.exportPage",
  permission: "resource.read",
  scope: (input, ctx) => (input.cluster === undefined ? FLEET : ctx.clusterScope(input.cluster)),
  effect: "read",
  input: ExportFilter.extend({
    /** Where the page before ended. */
    after: Position.optional(),
  }),
  output: z.object({ resources: z.array(LegacyResource), next: Position.nullable() }),
  invalid: { kind: "KIND_NOT_SUPPORTED", after: "CURSOR" },
  async run(ctx, { after, ...filter }) {
    const { sql } = ctx;
    const exported = await exportedRows(filter, ctx);
    const within = sql`r.namespace, r.name, r.kind, r."group"`;
    const isBehind = ([cluster, ...rest]: z.infer<typeof Position>) => {
      const [namespace, name, kind, group] = rest;
      const end = sql`${namespace}::text, ${name}::text, ${kind}::text, ${group}::text`;
      return exported.clusterId === undefined
        ? sql`(r.cluster_id, ${within}) > (${cluster}::uuid, ${end})`
        : sql`(${within}) > (${end})`;
    };
    const rows = await sql<LegacySqlRow[]>`
      select ${legacyColumns(sql, { documents: true })}
      from flux_resources r join clusters c on c.id = r.cluster_id left join flux_objects o on o.resource_id = r.id
      where ${isExported(sql, exported)} and ${after === undefined ? sql`true` : isBehind(after)}
      order by r.cluster_id, ${within} limit ${PAGE + 1}`;
    const page = rows.slice(0, PAGE);
    const last = page.at(-1);
    const next: z.infer<typeof Position> | null = rows.length > PAGE && last !== undefined ? positionOf(last) : null;
    return { resources: page.map(toLegacyResource), next };
  },
});
