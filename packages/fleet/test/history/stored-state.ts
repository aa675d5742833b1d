import type { Database } from "@flux-orchestrator/db";
import { countDrift } from "../../src/test-fleet.ts";

/** What the product says of one object. */
export interface StoredRow {
  clusterId: string;
  group: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  word: string;
  readyStatus: string | null;
  revision: string | null;
  fingerprint: string;
  flapFingerprint: string;
  document: string | null;
  updatedAt: Date;
}

export interface StoredTransition {
  clusterId: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  fromWord: string | null;
  toWord: string | null;
  reason: string | null;
  message: string;
  revision: string | null;
}

/** What the product says of the whole fleet, as one transaction sees it. */
export interface StoredState {
  rows: StoredRow[];
  /** In the order in which they were told. */
  transitions: StoredTransition[];
  /** Counters that are not what the rows say. */
  drift: object[];
}

export async function readStored(database: Database): Promise<StoredState> {
  return (await database.sql.begin("isolation level repeatable read read only", async (tx) => ({
    rows: await tx<StoredRow[]>`
      select cluster_id as "clusterId", "group", kind, namespace, name, uid, resource_version as "resourceVersion", word,
        ready_status as "readyStatus", revision, fingerprint, flap_fingerprint as "flapFingerprint", document, updated_at as "updatedAt"
      from flux_resources left join flux_objects on resource_id = id`,
    transitions: await tx<StoredTransition[]>`
      select cluster_id as "clusterId", kind, namespace, name, uid, from_word as "fromWord", to_word as "toWord", reason, message, revision
      from resource_transitions order by id`,
    drift: await countDrift({ ...database, sql: tx as unknown as Database["sql"] }),
  }))) as StoredState;
}

/** How an object is called in the whole fleet. */
export const nameOf = ({ clusterId, kind, namespace, name }: Named): string =>
  [clusterId, kind, namespace, name].join("/");
type Named = Pick<StoredRow, "clusterId" | "kind" | "namespace" | "name">;
