import type { Transaction } from "../connect.ts";
import { deleteEdges } from "./write-edges.ts";

/**
 * Deletes rows, their documents and edges by id (decimal strings). Lock them with `lockRows` first: counters and log entries are
 * derived from the locked row.
 */
export async function deleteResources(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await Promise.all([
    tx`delete from flux_objects where resource_id = any(${[...ids]}::bigint[])`,
    deleteEdges(tx, ids),
    tx`delete from flux_resources where id = any(${[...ids]}::bigint[])`,
  ]);
}
