import type { Sql } from "./connect.ts";
import type { Fence } from "./upsert/fence.ts";

/**
 * Makes a replica the owner of these clusters wherever nobody else alive is: no owner yet, or one whose row in `replicas`
 * expired or is gone. Each change of owner raises the epoch; waits for a running flush of the former owner. Returns the
 * clusters the replica owns now, with their epochs; the others belong to another living replica.
 */
export async function claimClusters(sql: Sql, replicaId: string, clusterIds: readonly string[]): Promise<Fence[]> {
  if (clusterIds.length === 0) return [];
  // Read without a lock first: whoever waits for another's cluster asks again and again, and must not hold up its flushes.
  const free = await sql<{ id: string }[]>`
    select id::text as id from unnest(${[...clusterIds]}::uuid[]) as id
    left join cluster_owners o on o.cluster_id = id
    where o.owner is null or (o.owner <> ${replicaId}
      and not exists (select from replicas r where r.id = o.owner and r.expires_at > clock_timestamp()))`;
  if (free.length > 0)
    await sql`
      insert into cluster_owners as o (cluster_id, owner, epoch)
      select id, ${replicaId}, 1 from unnest(${free.map(({ id }) => id)}::uuid[]) as id order by id
      on conflict (cluster_id) do update set owner = excluded.owner, epoch = o.epoch + 1, claimed_at = clock_timestamp()
      where o.owner <> excluded.owner
        and not exists (select from replicas r where r.id = o.owner and r.expires_at > clock_timestamp())`;
  return [
    ...(await sql<Fence[]>`
      select cluster_id as "clusterId", epoch::float8 as epoch from cluster_owners
      where owner = ${replicaId} and cluster_id = any(${[...clusterIds]}::uuid[])`),
  ];
}
