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

/**
 * Inserts or replaces narrow rows, in key order, in one statement; an object keeps its id for as long as its row lives.
 * A key may stand only once in a batch. Returns id and key of every row, in no promised order.
 */
export async function upsertResources(
  tx: Transaction,
  rows: readonly ResourceWrite[],
): Promise<(ResourceKey & { id: string })[]> {
  if (rows.length === 0) return [];
  return await tx.unsafe<(ResourceKey & { id: string })[]>(TEXT, [toRecords(rows)], { prepare: true });
}
