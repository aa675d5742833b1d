import type { Sql } from "./connect.ts";
import type { Fence } from "./upsert/fence.ts";

/**
 * Makes a replica the owner of these clusters wherever nobody else alive is: no owner yet, or one whose row in `replicas`
 * expired or is gone. Each change of owner raises the epoch; waits for a running flush of the former owner. Returns the
 * clusters the replica owns now, with their epochs; the others belong to another living replica.
 */
export async function claimClusters(sql: Sql, replicaId: string, clusterIds: readonly string[]): Promise<Fence[]> {
  if (clusterIds.length === 0) return [];
  return await sql.begin(async (tx) => {
    await tx`
      insert into cluster_owners as o (cluster_id, owner, epoch)
      select id, ${replicaId}, 1 from unnest(${[...clusterIds]}::uuid[]) as id order by id
      on conflict (cluster_id) do update set owner = excluded.owner, epoch = o.epoch + 1, claimed_at = clock_timestamp()
      where o.owner <> excluded.owner
        and not exists (select from replicas r where r.id = o.owner and r.expires_at > clock_timestamp())`;
    return [
      ...(await tx<Fence[]>`
        select cluster_id as "clusterId", epoch::float8 as epoch from cluster_owners
        where owner = ${replicaId} and cluster_id = any(${[...clusterIds]}::uuid[])`),
    ];
  });
}
