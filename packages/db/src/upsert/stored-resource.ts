import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { fluxResources } from "../schema/flux-resources.ts";

/** Cluster, group, kind, namespace and name: what identifies a Flux object. */
export interface ResourceKey {
  clusterId: string;
  group: string;
  kind: string;
  namespace: string;
  name: string;
}

type Column = typeof fluxResources.$inferSelect;
/** As statements take and give it: 64-bit ids as decimal strings, times as ISO 8601 UTC. */
type Wire<T> = T extends Date ? string : T extends bigint ? string : T;

/** A row of `flux_resources` as the flusher writes it. `id` is the table's. */
export type ResourceWrite = { [Field in Exclude<keyof Column, "id">]: Wire<Column[Field]> };
/** A row as stored: the same, with its id. */
export type StoredResource = ResourceWrite & { id: string };

const columns = Object.entries(getTableColumns(fluxResources) as Record<string, PgColumn>);
const times = columns.filter(([, column]) => column.getSQLType().startsWith("timestamp")).map(([field]) => field);

/** The select list that reads `f` (flux_resources) as `StoredResource`, but for the times, which `toStored` turns to text. */
export const STORED_COLUMNS = columns
  .map(
    ([field, column]) =>
      `f."${column.name}"${column.dataType === "number" && column.getSQLType() === "bigint" ? "::float8" : ""} as "${field}"`,
  )
  .join(", ");

/** Times of a row read with `STORED_COLUMNS` as text. Changes the row in place. */
export function toStored(row: Record<string, unknown>): StoredResource {
  for (const field of times) {
    const time = row[field];
    if (time instanceof Date) row[field] = time.toISOString();
  }
  return row as unknown as StoredResource;
}
