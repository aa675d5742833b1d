import type { Transaction } from "../connect.ts";
import { fluxResources } from "../schema/flux-resources.ts";
import { recordsetOf, toRecords } from "./recordset.ts";
import type { ResourceKey, ResourceWrite } from "./stored-resource.ts";

const KEY = ["clusterId", "group", "kind", "namespace", "name"] as const;
const { names, values, shape, assignments } = recordsetOf(fluxResources, { without: ["id"], key: KEY });
const TEXT = `
  insert into flux_resources (${names})
  select ${values} from json_to_recordset($1::text::json) as r(${shape})
  order by r."clusterId", r."group", r."kind", r."namespace", r."name"
  on conflict (cluster_id, "group", kind, namespace, name) do update set ${assignments}
  returning id, cluster_id as "clusterId", "group", kind, namespace, name`;
/** In the order of their hashes, so that two batches with the same new sets wait for each other instead of deadlocking. */
const LABEL_SETS = `
  insert into label_sets (hash, labels)
  select distinct on (1) hashtextextended(labels::text, 0), labels from jsonb_array_elements($1::text::jsonb) as sets(labels)
  where not exists (select from label_sets known where known.hash = hashtextextended(sets.labels::text, 0))
  order by 1
  on conflict do nothing`;

/**
 * Inserts or replaces narrow rows, in key order, in one statement, and the sets of labels that are new; an object keeps its
 * id for as long as its row lives. A key may stand only once in a batch. Returns id and key of every row, in no promised
 * order.
 */
export async function upsertResources(
  tx: Transaction,
  rows: readonly ResourceWrite[],
): Promise<(ResourceKey & { id: string })[]> {
  if (rows.length === 0) return [];
  const labelSets = [...new Map(rows.map(({ labels }) => [JSON.stringify(labels), labels])).values()];
  // Sent together: neither needs the other's answer.
  const [, written] = await Promise.all([
    tx.unsafe(LABEL_SETS, [toRecords(labelSets)], { prepare: true }),
    tx.unsafe<(ResourceKey & { id: string })[]>(TEXT, [toRecords(rows)], { prepare: true }),
  ]);
  return written;
}
