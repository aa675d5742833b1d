import type { ResourceDetail } from "@flux-orchestrator/contract";
import type { ObjectKey, Readiness } from "@flux-orchestrator/flux";
import type { SqlRunner } from "../context.ts";

const TRANSITIONS_SHOWN = 50;

/** The changes of an object's word, newest first; an object made anew under the same name starts a new history. */
export async function readTransitions(
  sql: SqlRunner,
  clusterId: string,
  key: ObjectKey,
  uid: string,
): Promise<ResourceDetail["transitions"]> {
  const rows = await sql<
    {
      id: string;
      at: Date;
      from: Readiness | null;
      to: Readiness | null;
      reason: string | null;
      message: string;
      revision: string | null;
    }[]
  >`
    select id::text as id, at, from_word as "from", to_word as "to", reason, message, revision from resource_transitions
    where cluster_id = ${clusterId}::uuid and kind = ${key.kind} and namespace = ${key.namespace} and name = ${key.name} and uid = ${uid}
    order by id desc limit ${TRANSITIONS_SHOWN}`;
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
