import type { Transaction } from "../connect.ts";

/** A counter that was not what the rows say: a bug in the deltas. */
export interface CountDrift {
  namespace: string;
  group: string;
  kind: string;
  word: string;
  /** What the counter said. */
  counted: number;
  /** What the rows say. */
  actual: number;
}

/**
 * Derives the counters of a cluster from its rows anew, and drops those at 0. Returns what was wrong; nothing, if all is well.
 * Waits for running flushes of the cluster and keeps new ones out until the transaction ends, so run it in one of its own.
 */
export async function recount(tx: Transaction, clusterId: string): Promise<CountDrift[]> {
  // Conflicts with the share lock of every fenced flush.
  await tx`select from cluster_owners where cluster_id = ${clusterId} for update`;
  const drift = await tx<CountDrift[]>`
    with actual as (
      select namespace, "group", kind, word, count(*)::int as count from flux_resources where cluster_id = ${clusterId} group by 1, 2, 3, 4
    ), counted as (
      select namespace, "group", kind, word, count from resource_counts where cluster_id = ${clusterId}
    )
    select namespace, "group", kind, word, coalesce(counted.count, 0) as counted, coalesce(actual.count, 0) as actual
    from counted full join actual using (namespace, "group", kind, word)
    where coalesce(counted.count, 0) <> coalesce(actual.count, 0)
    order by 1, 2, 3, 4`;
  for (const { namespace, group, kind, word, actual } of drift) {
    await tx`insert into resource_counts (cluster_id, namespace, "group", kind, word, count)
      values (${clusterId}, ${namespace}, ${group}, ${kind}, ${word}, ${actual})
      on conflict (cluster_id, namespace, "group", kind, word) do update set count = excluded.count`;
  }
  await tx`delete from resource_counts where cluster_id = ${clusterId} and count = 0`;
  await tx`delete from cluster_kind_counts where cluster_id = ${clusterId} and (kind, word) not in
    (select kind, word from resource_counts where cluster_id = ${clusterId})`;
  await tx`insert into cluster_kind_counts as c (cluster_id, kind, word, count)
    select cluster_id, kind, word, sum(count) from resource_counts where cluster_id = ${clusterId} group by 1, 2, 3 order by 1, 2, 3
    on conflict (cluster_id, kind, word) do update set count = excluded.count where c.count <> excluded.count`;
  await tx`delete from cluster_counts where cluster_id = ${clusterId} and word not in
    (select word from resource_counts where cluster_id = ${clusterId})`;
  await tx`insert into cluster_counts as c (cluster_id, word, count)
    select cluster_id, word, sum(count) from resource_counts where cluster_id = ${clusterId} group by 1, 2 order by 1, 2
    on conflict (cluster_id, word) do update set count = excluded.count where c.count <> excluded.count`;
  return [...drift];
}
