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

/** What it is made of as Postgres gives it. */
export interface LegacySqlRow extends SortedRow {
  ready_status: string | null;
  last_handled_reconcile_at: string | null;
  ready_transition_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** Null when none was stored or none was asked for. */
  document: string | null;
}

/** Columns of {@link LegacySqlRow}, over `r` (flux_resources), `c` (its cluster) and, where documents are wanted, `o` (flux_objects). */
export const legacyColumns = (sql: SqlRunner, { documents }: { documents: boolean }): Fragment => sql`
  r.id::text as id, r.cluster_id::text as cluster_id, c.slug as cluster_slug, r."group", r.kind, r.namespace, r.name,
  r.severity, r.changed_at, r.ready_status, r.last_handled_reconcile_at, r.ready_transition_at, r.created_at, r.updated_at,
  ${documents ? sql`o.document` : sql`null as document`}`;

/** Without its document, message and document are empty. */
export function toLegacyResource(row: LegacySqlRow): LegacyResource {
  const { document, message } = row.document === null ? { document: "{}", message: "" } : readDocument(row.document);
  return {
    clusterId: row.cluster_id,
    kind: row.kind,
    namespace: row.namespace,
    name: row.name,
    status: rawStatus(row.ready_status),
    // Not the row's: while a failure stands and is retried, that one is the failure's.
    message,
    lastReconcile: newest(row.last_handled_reconcile_at, row.ready_transition_at?.toISOString() ?? null),
    document,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** A masked document as v1 gives it, without what we keep beside the object, and the message of its Ready condition. */
export function readDocument(masked: string): { document: string; message: string } {
  const { [MASKED_LEAVES]: leaves, ...object } = JSON.parse(masked) as KubeObject;
  return {
    document: leaves === undefined ? masked : JSON.stringify(object),
    message: conditionOf(conditionsOf(object as KubeObject), "Ready")?.message ?? "",
  };
}

/** The later of two times; what is not a time does not count. */
export function newest(...times: (string | null)[]): string | null {
  const known = times
    .map((time) => (time === null ? Number.NaN : Date.parse(time)))
    .filter((ms) => Number.isFinite(ms));
  return known.length === 0 ? null : new Date(Math.max(...known)).toISOString();
}
