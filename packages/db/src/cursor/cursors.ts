import type { Sql } from "../connect.ts";
import { storableJson } from "../upsert/storable.ts";

/** Where the watches of one cluster can go on: resourceVersion by `<group>/<kind>`. */
export interface CursorWrite {
  clusterId: string;
  /** Epoch in which the writer owns the cluster. */
  epoch: number;
  versions: Record<string, string>;
}

/** Stores the cursors of clusters that are still owned in that epoch; those of others are left as they are. */
export async function writeCursors(sql: Sql, cursors: readonly CursorWrite[]): Promise<void> {
  await sql.unsafe(
    `insert into cluster_cursors (cluster_id, versions)
     select o.cluster_id, w.versions
     from json_to_recordset($1::text::json) as w("clusterId" uuid, "epoch" bigint, "versions" jsonb)
     join cluster_owners o on o.cluster_id = w."clusterId" and o.epoch = w."epoch"
     order by o.cluster_id
     on conflict (cluster_id) do update set versions = excluded.versions, updated_at = clock_timestamp()`,
    [storableJson(cursors)],
  );
}

/** The cursors of one cluster; empty when every kind has to be listed. */
export async function readCursors(sql: Sql, clusterId: string): Promise<ReadonlyMap<string, string>> {
  const [row] = await sql<{ versions: Record<string, string> }[]>`
    select versions from cluster_cursors where cluster_id = ${clusterId}::uuid`;
  return new Map(Object.entries(row?.versions ?? {}));
}

/** What answers at the cluster's address may be another cluster now: its versions mean nothing any more. */
export async function dropCursors(sql: Sql, clusterId: string): Promise<void> {
  await sql`delete from cluster_cursors where cluster_id = ${clusterId}::uuid`;
}
