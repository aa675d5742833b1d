import type { Sql, Transaction } from "../connect.ts";
import { objectEvents } from "../schema/object-events.ts";
import { recordsetOf, toRecords } from "./recordset.ts";

const KEY = ["clusterId", "kind", "namespace", "name", "group", "fingerprint"] as const;
type Columns = Omit<typeof objectEvents.$inferSelect, "id" | "firstAt" | "lastAt">;
/** Which object of which cluster was told what. */
export type EventKey = Pick<Columns, (typeof KEY)[number]>;
/** A row of `object_events`; times in milliseconds since the epoch. */
export type EventWrite = Columns & { firstAt: number; lastAt: number };

/** What is stored of these, with how often; those without a row are left out. */
export async function storedTallies(
  tx: Transaction,
  keys: readonly EventKey[],
): Promise<(EventKey & Pick<EventWrite, "count" | "firstAt" | "lastAt" | "message" | "eventUid" | "eventCount">)[]> {
  if (keys.length === 0) return [];
  const wanted = keys.map(({ clusterId, kind, namespace, name, group, fingerprint }) => ({
    clusterId,
    kind,
    namespace,
    name,
    group,
    fingerprint,
  }));
  return await tx.unsafe(
    `select e.cluster_id as "clusterId", e.kind, e.namespace, e.name, e."group", e.fingerprint, e.message,
       e.count::float8 as count, e.event_uid as "eventUid", e.event_count::float8 as "eventCount",
       extract(epoch from e.first_at)::float8 * 1000 as "firstAt", extract(epoch from e.last_at)::float8 * 1000 as "lastAt"
     from json_to_recordset($1::text::json)
       as k("clusterId" uuid, "kind" text, "namespace" text, "name" text, "group" text, "fingerprint" text)
     join object_events e on e.cluster_id = k."clusterId" and e.kind = k."kind" and e.namespace = k."namespace"
       and e.name = k."name" and e."group" = k."group" and e.fingerprint = k."fingerprint"`,
    [toRecords(wanted)],
    { prepare: true },
  );
}

/** Which Event objects of a cluster are counted already, as they are now. @returns their uids */
export async function countedEvents(
  sql: Sql | Transaction,
  clusterId: string,
  told: readonly (Omit<EventKey, "clusterId" | "fingerprint"> &
    Pick<EventWrite, "eventUid" | "eventCount" | "lastAt">)[],
): Promise<Set<string>> {
  if (told.length === 0) return new Set();
  const rows = await sql.unsafe<{ eventUid: string }[]>(
    `select e.event_uid as "eventUid"
     from json_to_recordset($2::text::json)
       as k("kind" text, "namespace" text, "name" text, "group" text, "eventUid" text, "eventCount" bigint, "lastAt" float8)
     join object_events e on e.cluster_id = $1::uuid and e.kind = k."kind" and e.namespace = k."namespace"
       and e.name = k."name" and e."group" = k."group" and e.event_uid = k."eventUid"
     where e.event_count >= k."eventCount" and e.last_at >= to_timestamp(k."lastAt" / 1000)`,
    [clusterId, toRecords(told)],
    { prepare: true },
  );
  return new Set(rows.map(({ eventUid }) => eventUid));
}

const { names, values, shape, assignments } = recordsetOf(objectEvents, { without: ["id"], key: KEY });
const TEXT = `
  insert into object_events (${names}) select ${values} from json_to_recordset($1::text::json) as r(${shape})
  on conflict (cluster_id, kind, namespace, name, "group", fingerprint) do update set ${assignments}`;

/** Inserts or replaces events. A key may stand only once in a batch; one process at a time writes those of a cluster. */
export async function upsertEvents(tx: Transaction, events: readonly EventWrite[]): Promise<void> {
  if (events.length === 0) return;
  const iso = (ms: number) => new Date(ms).toISOString();
  const rows = events.map((event) => ({ ...event, firstAt: iso(event.firstAt), lastAt: iso(event.lastAt) }));
  await tx.unsafe(TEXT, [toRecords(rows)], { prepare: true });
}
