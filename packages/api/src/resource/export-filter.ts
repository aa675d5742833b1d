import { ClusterKey, FluxKindName } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import { z } from "zod";
import type { LookupContext, SqlRunner } from "../context.ts";
import { all, isIn, type Predicate } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";
import { isRegistered } from "./resource-rows.ts";

/** Which objects are exported; without a term all that the actor may see. */
export const ExportFilter = z.strictObject({
  cluster: ClusterKey.optional(),
  kind: z.array(FluxKindName).max(30).optional(),
  /** v1's word for the raw Ready condition. */
  status: z.enum(["Ready", "NotReady", "Unknown"]).optional(),
});
export type ExportFilter = z.infer<typeof ExportFilter>;

/** What is exported: the filter, narrowed to what the actor may see. */
interface ExportedRows {
  predicate: Predicate;
  status: ExportFilter["status"];
  clusterId: string | undefined;
}

/** @throws DomainError CLUSTER_NOT_FOUND */
export async function exportedRows({ cluster, kind, status }: ExportFilter, ctx: LookupContext): Promise<ExportedRows> {
  const terms = [await ctx.visible("resource.read")];
  if (kind !== undefined) terms.push(isIn("kind", kind));
  const clusterId = cluster === undefined ? undefined : (await ctx.findCluster(cluster)).id;
  return { predicate: all(...terms), status, clusterId };
}

/** The same as a condition over `r` (flux_resources). Apart from it, because to await a fragment is to run it. */
export function isExported(sql: SqlRunner, { predicate, status, clusterId }: ExportedRows): Fragment {
  const ofStatus = {
    Ready: sql`r.ready_status = 'True'`,
    NotReady: sql`r.ready_status <> 'True'`,
    Unknown: sql`r.ready_status is null`,
  };
  // By `=`: what a page begins after is a range of the index then, behind this column.
  const ofCluster = clusterId === undefined ? sql`true` : sql`r.cluster_id = ${clusterId}::uuid`;
  return sql`${isRegistered(sql)} and ${ofCluster} and ${toSql(sql, predicate)}
    and ${status === undefined ? sql`true` : ofStatus[status]}`;
}
