import { conditionOf, conditionsOf, type KubeObject, MASKED_LEAVES, rawStatus } from "@flux-orchestrator/flux";
import { z } from "zod";
import type { StoredResource } from "./one-resource.ts";

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

export function toLegacyResource({ row, ...stored }: StoredResource): LegacyResource {
  const { document, message } = readDocument(stored.document ?? "{}");
  return {
    clusterId: row.clusterId,
    kind: row.kind,
    namespace: row.namespace,
    name: row.name,
    status: rawStatus(stored.readyStatus),
    // Not the row's: while a failure stands and is retried, that one is the failure's.
    message,
    lastReconcile: newest(stored.lastHandledReconcileAt, stored.readyTransitionAt?.toISOString() ?? null),
    document,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
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
