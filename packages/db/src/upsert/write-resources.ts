import type { Transaction } from "../connect.ts";
import { fluxResources } from "../schema/flux-resources.ts";
import { tableArrays } from "./column-arrays.ts";
import { storableJson } from "./storable.ts";
import type { StoredResource } from "./stored-resource.ts";

const KEY = ["id", "clusterId", "group", "kind", "namespace", "name"];
const columns = tableArrays<StoredResource>(fluxResources);
const INSERT = `
  insert into flux_resources (${columns.names}) overriding system value select * from unnest(${columns.arrays})`;
/** By id, because then no plan that was made for a small table can ever be a scan of a large one. */
const REPLACE = `${INSERT} on conflict (id) do update set ${columns.assignments(KEY)}`;
/** In the order of their hashes, so that two batches with the same new sets wait for each other instead of deadlocking. */
const LABEL_SETS = `
  insert into label_sets (hash, labels)
  select distinct on (1) hashtextextended(labels::text, 0), labels from jsonb_array_elements($1::text::jsonb) as sets(labels)
  where not exists (select from label_sets known where known.hash = hashtextextended(sets.labels::text, 0))
  order by 1
  on conflict do nothing`;

export interface ResourcesWrite {
  /** Rows of objects that had none, with ids from `newResourceIds`. */
  made: readonly StoredResource[];
  /** Replaced but for their keys. Lock them with `lockRows` first. */
  replaced: readonly StoredResource[];
}

/** Writes rows, and before them the sets of labels that are new. Once in a transaction: only the sets of one call are in order. */
export async function writeResources(tx: Transaction, { made, replaced }: ResourcesWrite): Promise<void> {
  const rows = [...made, ...replaced];
  if (rows.length === 0) return;
  const labelSets = [...new Map(rows.map(({ labels }) => [JSON.stringify(labels), labels])).values()];
  // Sent together: none needs the other's answer.
  await Promise.all([
    tx.unsafe(LABEL_SETS, [storableJson(labelSets)], { prepare: true }),
    ...(made.length === 0 ? [] : [tx.unsafe(INSERT, columns.parameters(made), { prepare: true })]),
    ...(replaced.length === 0 ? [] : [tx.unsafe(REPLACE, columns.parameters(replaced), { prepare: true })]),
  ]);
}
