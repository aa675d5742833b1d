import { appendLog, type Transaction } from "@flux-orchestrator/db";
import type { SqlRunner } from "../context.ts";

/**
 * Tells the change feed that clusters changed or went. Part of the change's own transaction, and its last write: the
 * single row of `feed_head` is locked from here to the commit, so that numbers become visible in order.
 */
export async function announceClusters(
  sql: SqlRunner,
  clusterIds: readonly string[],
  op: "upsert" | "delete",
): Promise<void> {
  await appendLog(
    sql as Transaction,
    clusterIds.map((clusterId) => ({ subject: "cluster", op, clusterId })),
  );
}
