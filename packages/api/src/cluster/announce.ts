import type { SqlRunner } from "../context.ts";

/**
 * Tells the change feed that a cluster's record changed or went. Part of the change's own transaction, and its last
 * statement: the single row of `feed_head` is locked from here to the commit, so that numbers become visible in order.
 */
export async function announceCluster(sql: SqlRunner, clusterId: string, op: "upsert" | "delete"): Promise<void> {
  await sql`
    with head as (update feed_head set number = number + 1 where only = 1 returning number)
    insert into change_log (number, subject, op, cluster_id) select number, 'cluster', ${op}, ${clusterId}::uuid from head`;
}
