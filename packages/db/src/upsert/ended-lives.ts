import type { Transaction } from "../connect.ts";
import { columnArrays } from "./column-arrays.ts";
import type { ResourceKey } from "./stored-resource.ts";

type Life = Omit<ResourceKey, "group"> & { uid: string };
const lived = columnArrays<Life>({ clusterId: "uuid", kind: "text", namespace: "text", name: "text", uid: "text" });
const TEXT = `
  select distinct t.uid from unnest(${lived.arrays}) as l(${lived.fields})
  join resource_transitions t
    on t.cluster_id = l."clusterId" and t.kind = l.kind and t.namespace = l.namespace and t.name = l.name and t.uid = l.uid
  where t.to_word is null`;

/** Which of these objects are known to have been deleted, by their uids. */
export async function endedLives(tx: Transaction, lives: readonly Life[]): Promise<ReadonlySet<string>> {
  if (lives.length === 0) return new Set();
  return new Set((await tx.unsafe<{ uid: string }[]>(TEXT, lived.parameters(lives))).map(({ uid }) => uid));
}
