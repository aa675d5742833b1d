import type { Transaction } from "../connect.ts";
import { toRecords } from "./recordset.ts";
import type { ResourceKey } from "./stored-resource.ts";

const TEXT = `
  select distinct t.uid from json_to_recordset($1::text::json) as l("clusterId" uuid, kind text, namespace text, name text, uid text)
  join resource_transitions t
    on t.cluster_id = l."clusterId" and t.kind = l.kind and t.namespace = l.namespace and t.name = l.name and t.uid = l.uid
  where t.to_word is null`;

/** Which of these objects are known to have been deleted, by their uids. */
export async function endedLives(
  tx: Transaction,
  lives: readonly (ResourceKey & { uid: string })[],
): Promise<ReadonlySet<string>> {
  if (lives.length === 0) return new Set();
  const keys = lives.map(({ clusterId, kind, namespace, name, uid }) => ({ clusterId, kind, namespace, name, uid }));
  return new Set((await tx.unsafe<{ uid: string }[]>(TEXT, [toRecords(keys)])).map(({ uid }) => uid));
}
