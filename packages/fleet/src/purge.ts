import { type Database, deleteResources } from "@flux-orchestrator/db";
import type { FleetLog } from "./log.ts";

const ROWS = 1_000;

/**
 * Drops the rows of a removed cluster a little at a time, so that nobody waits for it. Activities and transitions stay
 * until their retention ends. Safe to repeat.
 */
export async function purgeCluster(database: Database, clusterId: string): Promise<void> {
  const { sql } = database;
  // Waits for a flush that is on its way, and refuses every later one: no row comes back.
  await sql`update cluster_owners set epoch = epoch + 1 where cluster_id = ${clusterId}::uuid`;
  for (let left = true; left; ) {
    left = await sql.begin(async (tx) => {
      // In the order of a flush, which looks at the rows before it knows that it is refused.
      const ids = await tx<{ id: string }[]>`
        select id::text as id from flux_resources where cluster_id = ${clusterId}::uuid
        order by namespace, name, kind collate "C", "group" collate "C" limit ${ROWS} for update`;
      const list = ids.map(({ id }) => id);
      await deleteResources(tx, list);
      return list.length === ROWS;
    });
  }
  await sql.begin(async (tx) => {
    for (const table of [
      "resource_counts",
      "cluster_kind_counts",
      "cluster_counts",
      "cluster_kinds",
      "cluster_controllers",
      "cluster_cursors",
      "cluster_owners",
      "reconcile_runs",
    ]) {
      await tx`delete from ${tx(table)} where cluster_id = ${clusterId}::uuid`;
    }
  });
}

/** Goes on with what an earlier process left half done. */
export async function purgeLeftovers(database: Database, log: FleetLog): Promise<void> {
  const left = await database.sql<{ id: string }[]>`
    select id::text as id from clusters c where deleted_at is not null
      and (exists (select from flux_resources r where r.cluster_id = c.id) or exists (select from cluster_owners o where o.cluster_id = c.id))`;
  for (const { id } of left)
    await purgeCluster(database, id).catch((error: unknown) =>
      log.warn({ err: error, clusterId: id }, "rows of a removed cluster could not be dropped"),
    );
}
