import type { Transaction } from "../connect.ts";
import { columnArrays } from "./column-arrays.ts";
import { type ResourceKey, STORED_COLUMNS, type StoredResource, toStored } from "./stored-resource.ts";

const keys = columnArrays<ResourceKey>({
  clusterId: "uuid",
  group: "text",
  kind: "text",
  namespace: "text",
  name: "text",
});

// One probe of the key's index for each object, in the order given. A plain join would be planned as a scan of the whole
// table as long as its statistics are young, which is at the first sync; and compared as rows, because no other index
// begins like the key: one that begins with the name would find every cluster's object of that name.
const TEXT = `
  select f.*
  from unnest(${keys.arrays}) with ordinality as k(cluster_id, "group", kind, namespace, name, nth)
  cross join lateral (
    select ${STORED_COLUMNS} from flux_resources f
    where (f.cluster_id, f.namespace, f.name, f.kind, f."group")
        >= (k.cluster_id, k.namespace collate "C", k.name collate "C", k.kind, k."group")
      and (f.cluster_id, f.namespace, f.name, f.kind, f."group")
        <= (k.cluster_id, k.namespace collate "C", k.name collate "C", k.kind, k."group")
    offset 0 for update of f
  ) f
  order by k.nth`;

/**
 * The rows of these objects as they are now, locked until the transaction ends. Locks are taken in key order, so that two
 * batches that share objects wait for each other instead of deadlocking. Objects without a row are left out.
 */
export async function lockRows(tx: Transaction, wanted: readonly ResourceKey[]): Promise<StoredResource[]> {
  if (wanted.length === 0) return [];
  // Planned every time: a plan kept from when the table was empty would scan it whole.
  const rows = await tx.unsafe<Record<string, unknown>[]>(TEXT, keys.parameters(wanted.toSorted(byKey)), {
    prepare: false,
  });
  return rows.map(toStored);
}

/** The order of the key's index. Any would do as long as it is everybody's who locks rows. */
const FIELDS = ["clusterId", "namespace", "name", "kind", "group"] as const satisfies readonly (keyof ResourceKey)[];
function byKey(one: ResourceKey, other: ResourceKey): number {
  for (const field of FIELDS) if (one[field] !== other[field]) return one[field] < other[field] ? -1 : 1;
  return 0;
}
