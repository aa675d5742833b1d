import {
  BULK_MAX,
  DomainError,
  type ResourceFilter,
  type ResourceRef,
  type ResourceRow,
} from "@flux-orchestrator/contract";
import type { LookupContext } from "../context.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { labelSetsOf } from "../query/label-sets.ts";
import { all } from "../query/predicate.ts";
import { resolveEnvironments } from "../query/resolve-environments.ts";
import { toSql } from "../query/to-sql.ts";
import { readPage } from "../resource/read-page.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "../resource/resource-rows.ts";

/** Objects by what a list filtered so shows, or by their names. */
export interface Selection {
  filter?: (ResourceFilter & { not?: Omit<ResourceFilter, "text"> | undefined }) | undefined;
  objects?: readonly ResourceRef[] | undefined;
}

/** Objects that this actor may see, each once, and those named of which nothing is known. */
export interface Selected {
  rows: ResourceRow[];
  missing: ResourceRef[];
}

/** @throws DomainError INPUT_INVALID when a filter finds more than {@link BULK_MAX} */
export async function selectedObjects(ctx: LookupContext, { filter, objects }: Selection): Promise<Selected> {
  return objects === undefined ? { rows: await filtered(ctx, filter ?? {}), missing: [] } : named(ctx, objects);
}

async function filtered(ctx: LookupContext, filter: NonNullable<Selection["filter"]>): Promise<ResourceRow[]> {
  const { sql } = ctx;
  const [visible, ids] = await Promise.all([ctx.visible("resource.read"), clusterIds(sql, filter)]);
  const predicate = await resolveEnvironments(sql, all(visible, fromFilter(filter, ids)));
  const labelSets = await labelSetsOf(sql, predicate);
  const query = { sort: "name", descending: false } as const;
  const rows = await readPage<ResourceSqlRow>(
    sql,
    { predicate, labelSets, query, after: null, count: BULK_MAX + 1, total: null },
    { columns: rowColumns(sql) },
  );
  if (rows.length > BULK_MAX)
    throw new DomainError("INPUT_INVALID", `filter: matches more than ${BULK_MAX} objects.`, {
      hint: "Narrow it, by clusters or by kind, and act on one part after the other.",
      issues: [{ path: "filter", message: `matches more than ${BULK_MAX} objects` }],
    });
  return rows.map(toResourceRow);
}

async function named(ctx: LookupContext, objects: readonly ResourceRef[]): Promise<Selected> {
  const { sql } = ctx;
  const [visible, idOf] = await Promise.all([
    ctx.visible("resource.read"),
    clusterIds(sql, { cluster: objects.map(({ cluster }) => cluster) }),
  ]);
  // One that was named by id and by slug of its cluster is meant once.
  const wanted = new Map(
    objects.map((ref) => {
      const clusterId = idOf(ref.cluster) ?? null;
      return [nameOf({ ...ref, clusterId: clusterId ?? ref.cluster }), { ...ref, clusterId }];
    }),
  );
  const known = [...wanted.values()].filter(({ clusterId }) => clusterId !== null);
  const column = (of: (ref: (typeof known)[number]) => string | null) => known.map(of);
  const rows = await sql<ResourceSqlRow[]>`
    select ${rowColumns(sql)} from ${resourcesOfClusters(sql)}
    where ${toSql(sql, visible)} and (r.cluster_id, r.kind, r.namespace, r.name) in (
      select * from unnest(${column(({ clusterId }) => clusterId)}::uuid[], ${column(({ kind }) => kind)}::text[],
        ${column(({ namespace }) => namespace)}::text[], ${column(({ name }) => name)}::text[]))`;
  for (const { cluster_id, kind, namespace, name } of rows)
    wanted.delete(nameOf({ clusterId: cluster_id, kind, namespace, name }));
  return {
    rows: rows.map(toResourceRow),
    missing: [...wanted.values()].map(({ clusterId: _, ...ref }) => ref),
  };
}

const nameOf = (ref: { clusterId: string; kind: string; namespace: string; name: string }): string =>
  [ref.clusterId, ref.kind, ref.namespace, ref.name].join("/");
