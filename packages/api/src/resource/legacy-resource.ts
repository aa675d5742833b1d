import { conditionOf, conditionsOf, type KubeObject, MASKED_LEAVES, rawStatus } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import { z } from "zod";
import type { SqlRunner } from "../context.ts";
import type { SortedRow } from "./sort.ts";

/** One object with its document, as REST v1 gives it: v1's own words for the state, from the raw Ready condition. */
export const LegacyResource = z.object({
  clusterId: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  status: z.enum(["Ready", "NotReady", "Unknown"]),
  message: z.string(),
  /** Newest of the last handled request and the Ready condition's last transition; null when neither is known. */
  lastReconcile: z.iso.datetime().nullable(),
  /** The masked object as JSON text, keys sorted as stored. */
  document: z.string(),
  createdAt: z.iso.datetime(),
  /** The last stored change; for a live read, now. */
  updatedAt: z.iso.datetime(),
});
export type LegacyResource = z.infer<typeof LegacyResource>;

/**
 * What it is made of as Postgres gives it. A list of a fleet is hundreds of thousands of them, and each column costs more to
 * receive than what is in it: but for free text they come as one.
 */
export interface LegacySqlRow {
  /** {@link HEAD}, separated by tabs, which none of them can hold. */
  head: string;
  last_handled_reconcile_at: string | null;
  /** Null unless the object is Ready: then its word and this are its own Ready condition's, which settling sees to. */
  ready_message: string | null;
  /** Null when none was stored or none was asked for. */
  document: string | null;
}

/** Times are seconds since the epoch; what is null is empty. */
const HEAD = (sql: SqlRunner): Fragment => sql`
  concat_ws(E'\\t', r.cluster_id, r.kind, r.namespace, r.name, coalesce(r.ready_status, ''),
    coalesce(date_part('epoch', r.ready_transition_at)::text, ''), date_part('epoch', r.created_at), date_part('epoch', r.updated_at),
    r.id, c.slug, r."group", r.severity, date_part('epoch', r.changed_at))`;

/** Columns of {@link LegacySqlRow}, over `r` (flux_resources), `c` (its cluster) and, where documents are wanted, `o` (flux_objects). */
export const legacyColumns = (sql: SqlRunner, { documents }: { documents: boolean }): Fragment => sql`
  ${HEAD(sql)} as head, r.last_handled_reconcile_at,
  case when r.severity = 0 and r.sub_state is null then r.message end as ready_message, ${documents ? sql`o.document` : sql`null as document`}`;

/** Without its document, message and document are empty. */
export function toLegacyResource(row: LegacySqlRow): LegacyResource {
  const [clusterId = "", kind = "", namespace = "", name = "", ready, transition = "", created = "", updated = ""] =
    row.head.split("\t", 8);
  const { document, message } =
    row.document === null ? { document: "{}", message: "" } : readDocument(row.document, row.ready_message);
  return {
    clusterId,
    kind,
    namespace,
    name,
    status: rawStatus(ready || null),
    // Not the row's: while a failure stands and is retried, that one is the failure's.
    message,
    lastReconcile: newest(row.last_handled_reconcile_at, transition === "" ? null : timeOf(transition).toISOString()),
    document,
    createdAt: timeOf(created).toISOString(),
    updatedAt: timeOf(updated).toISOString(),
  };
}

/** What an order needs to know of it. */
export function toSortedRow({ head }: LegacySqlRow): SortedRow {
  const [
    cluster_id = "",
    kind = "",
    namespace = "",
    name = "",
    ,
    ,
    ,
    ,
    id = "",
    slug = "",
    group = "",
    severity,
    changed = "",
  ] = head.split("\t");
  return {
    id,
    cluster_id,
    cluster_slug: slug,
    group,
    kind,
    namespace,
    name,
    severity: Number(severity),
    changed_at: timeOf(changed),
  };
}

/** Postgres counts microseconds, which are left out, and a float64 has a little less or more. */
const timeOf = (seconds: string): Date => new Date(Math.floor(Math.round(Number(seconds) * 1e6) / 1e3));

/**
 * A masked document as v1 gives it, without what we keep beside the object, and the message of its Ready condition.
 * @param message what that message is said to be; one that stands in the document is believed, and the document not parsed
 */
export function readDocument(masked: string, message: string | null = null): { document: string; message: string } {
  const document = message === null ? null : withoutLeaves(masked);
  if (document?.includes(`"message":${JSON.stringify(message)}`)) return { document, message: message ?? "" };
  const { [MASKED_LEAVES]: leaves, ...object } = JSON.parse(masked) as KubeObject;
  return {
    document: leaves === undefined ? masked : JSON.stringify(object),
    message: conditionOf(conditionsOf(object as KubeObject), "Ready")?.message ?? "",
  };
}

/** Quotes inside of a text have a backslash before them: this is a key. */
const LEAVES = `,"${MASKED_LEAVES}":`;

/** The document without the leaves, which masking puts last; null where they are found elsewhere. */
function withoutLeaves(masked: string): string | null {
  const at = masked.indexOf(LEAVES);
  if (at < 0) return masked.includes(MASKED_LEAVES) ? null : masked;
  // A whole value and one brace after it: the key is one of the outermost object, and its last.
  return isJson(masked.slice(at + LEAVES.length, -1)) ? `${masked.slice(0, at)}}` : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The later of two times; what is not a time does not count. */
export function newest(...times: (string | null)[]): string | null {
  const known = times
    .map((time) => (time === null ? Number.NaN : Date.parse(time)))
    .filter((ms) => Number.isFinite(ms));
  return known.length === 0 ? null : new Date(Math.max(...known)).toISOString();
}
