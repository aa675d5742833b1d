import type { Transaction } from "../connect.ts";
import { storableJson } from "./storable.ts";

/** The right to write for a cluster: the epoch in which this process came to own it. */
export interface Fence {
  clusterId: string;
  epoch: number;
}

/**
 * Which of these clusters are still held in that epoch. First statement of a flush: until it commits, the owner of a held
 * cluster cannot change, so nothing of a former owner lands after the new one began. Heartbeats are rows of `replicas`
 * and pass. (`for key share` would let the UPDATE of a claim through, because it leaves the key alone.)
 */
export async function fence(tx: Transaction, wanted: readonly Fence[]): Promise<Set<string>> {
  if (wanted.length === 0) return new Set();
  const held = await tx.unsafe<{ cluster_id: string }[]>(
    `select o.cluster_id
     from json_to_recordset($1::text::json) as w("clusterId" uuid, "epoch" bigint)
     join cluster_owners o on o.cluster_id = w."clusterId" and o.epoch = w."epoch"
     order by o.cluster_id for share of o`,
    [storableJson(wanted)],
    { prepare: true },
  );
  return new Set(held.map((row) => row.cluster_id));
}
