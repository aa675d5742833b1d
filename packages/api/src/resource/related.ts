import type { ResourceRow } from "@flux-orchestrator/contract";
import {
  appliedRevisionOf,
  dependsOnOf,
  helmChartOf,
  isBehind,
  type KubeObject,
  type ObjectRef,
  type Readiness,
  sourceRefOf,
} from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { toFunction } from "../query/to-function.ts";
import type { LiveView } from "./live-view.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

export interface RelatedObject {
  ref: ObjectRef;
  /** Null when it does not exist, or this actor may not see it. */
  word: Readiness | null;
  message: string;
  revision: string | null;
}
export interface RelatedObjects {
  source: RelatedObject | null;
  dependsOn: RelatedObject[];
  /** The source holds a revision that is not applied yet. */
  behind: boolean;
}

/** The source of an object and what it waits for, as stored, in one query and only what this actor may see. */
export async function relatedTo(ctx: OperationContext, view: LiveView): Promise<RelatedObjects> {
  const { object, clusterId } = view;
  const source = sourceRefOf(object);
  const carrier = revisionCarrier(object, source);
  const dependsOn = dependsOnOf(object);
  const refs = [source, carrier, ...dependsOn].filter((ref) => ref !== null);
  if (refs.length === 0) return { source: null, dependsOn: [], behind: false };
  const rows = await visibleRows(ctx, clusterId, refs);
  const find = (ref: ObjectRef): RelatedObject => {
    const row = rows.get(nameOf(ref));
    return { ref, word: row?.word ?? null, message: row?.message ?? "", revision: row?.revision ?? null };
  };
  const behind = carrier !== null && isBehind(appliedRevisionOf(object), find(carrier).revision);
  return { source: source === null ? null : find(source), dependsOn: dependsOn.map(find), behind };
}

/** The object whose revision is what this one applies: the source itself, or for Helm the chart made from it. */
function revisionCarrier(object: KubeObject, source: ObjectRef | null): ObjectRef | null {
  if (object.kind === "Kustomization") return source;
  if (object.kind !== "HelmRelease") return null;
  // An OCIRepository's revision is a digest; what a release applied is a chart version.
  return source?.kind === "HelmChart" ? source : helmChartOf(object);
}

async function visibleRows(
  ctx: OperationContext,
  clusterId: string,
  refs: readonly ObjectRef[],
): Promise<Map<string, ResourceRow>> {
  const { sql } = ctx;
  const column = (of: (ref: ObjectRef) => string) => refs.map(of);
  const rows = await sql<ResourceSqlRow[]>`
    select ${rowColumns(sql)} from ${resourcesOfClusters(sql)}
    where r.cluster_id = ${clusterId}::uuid and (r.kind, r.namespace, r.name) in (
      select * from unnest(${column((ref) => ref.kind)}::text[], ${column((ref) => ref.namespace)}::text[], ${column((ref) => ref.name)}::text[]))`;
  const visible = toFunction(await ctx.visible("resource.read"));
  return new Map(
    rows
      .map(toResourceRow)
      .filter((row) => visible(row) === true)
      .map((row) => [nameOf(row), row]),
  );
}

const nameOf = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`;
