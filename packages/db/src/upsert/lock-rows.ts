import type { Transaction } from "../connect.ts";
import { toRecords } from "./recordset.ts";
import { type ResourceKey, STORED_COLUMNS, type StoredResource, toStored } from "./stored-resource.ts";

const TEXT = `
  select ${STORED_COLUMNS}
  from json_to_recordset($1::text::json) as k("clusterId" uuid, "group" text, "kind" text, "namespace" text, "name" text)
  join flux_resources f
    on f.cluster_id = k."clusterId" and f."group" = k."group" and f.kind = k."kind" and f.namespace = k."namespace" and f.name = k."name"
  order by f.cluster_id, f."group", f.kind, f.namespace, f.name
  for update of f`;

/**
 * The rows of these objects as they are now, locked until the transaction ends. Locks are taken in key order, so that two
 * batches that share objects wait for each other instead of deadlocking. Objects without a row are left out.
 */
export async function lockRows(tx: Transaction, keys: readonly ResourceKey[]): Promise<StoredResource[]> {
  if (keys.length === 0) return [];
  const wanted = keys.map(({ clusterId, group, kind, namespace, name }) => ({
    clusterId,
    group,
    kind,
    namespace,
    name,
  }));
  const rows = await tx.unsafe<Record<string, unknown>[]>(TEXT, [toRecords(wanted)], { prepare: true });
  return rows.map(toStored);
}
