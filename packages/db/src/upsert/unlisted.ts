import type { Transaction } from "../connect.ts";
import { storableJson } from "./storable.ts";
import { STORED_COLUMNS, type StoredResource, toStored } from "./stored-resource.ts";

const TEXT = `
  select ${STORED_COLUMNS} from flux_resources f
  where f.cluster_id = $1::uuid and f."group" = $2 and f.kind = $3
    and not exists (select from listed l where l.namespace = f.namespace and l.name = f.name)
  order by f.namespace, f.name for update of f`;

/**
 * Mark and sweep: the rows of one kind of one cluster that a complete list did not contain, locked in key order. Call it
 * only with a list that ended; what a broken one lacks may still be there.
 */
export async function unlisted(
  tx: Transaction,
  of: { clusterId: string; group: string; kind: string },
  listed: readonly { namespace: string; name: string }[],
): Promise<StoredResource[]> {
  const keys = listed.map(({ namespace, name }) => ({ namespace, name }));
  const rows = await tx.unsafe<Record<string, unknown>[]>(
    `with listed as materialized (select * from json_to_recordset($4::text::json) as k(namespace text, name text)) ${TEXT}`,
    [of.clusterId, of.group, of.kind, storableJson(keys)],
  );
  return rows.map(toStored);
}
