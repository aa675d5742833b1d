import { z } from "zod";
import { FLEET } from "../authorize.ts";
import type { LookupContext } from "../context.ts";
import { operation } from "../operation.ts";
import { ExportFilter, exportedRows, isExported } from "./export-filter.ts";

/**
 * Records that objects of the fleet leave with somebody, and how many there are; they are read with `resource.exportPage`.
 */
export const exportResources = operation({
  name: "resource.export",
  permission: "resource.read",
  scope: () => FLEET,
  effect: "database",
  audit: {
    action: "export",
    subject: async (filter, ctx) => ({
      resourceType: "resources",
      resourceId: "all",
      resourceName: `${await count(filter, ctx)} resources`,
      clusterId: "",
      clusterName: "",
    }),
  },
  input: ExportFilter,
  output: z.object({ exportedAt: z.iso.datetime() }),
  invalid: { kind: "KIND_NOT_SUPPORTED" },
  run: async (ctx) => ({ exportedAt: new Date(ctx.now()).toISOString() }),
});

async function count(filter: ExportFilter, ctx: LookupContext): Promise<number> {
  const rows = await exportedRows(filter, ctx);
  const [row] = await ctx.sql<{ count: number }[]>`
    select count(*)::int as count from flux_resources r where ${isExported(ctx.sql, rows)}`;
  return row?.count ?? 0;
}
