/** Anything JSON can hold, as an object: what a cluster sends is not ours to trust. */
export type Json = Record<string, unknown>;

/** A Kubernetes object with the metadata every one has. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    managedFields?: unknown[];
    ownerReferences?: unknown[];
  };
  spec?: Json;
  status?: Json;
  [key: string]: unknown;
}

export interface ObjectKey {
  group: string;
  kind: string;
  namespace: string;
  name: string;
}
export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
}

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** A record or an empty one. */
export const recordOf = (value: unknown): Json => (isRecord(value) ? value : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
export const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
/** Milliseconds of a Kubernetes time; null for anything else, years out of reason included. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const at = Date.parse(value);
  return Number.isFinite(at) && at > 0 && at < 4_102_444_800_000 ? at : null;
}

/** True when the value can be read as an object at all; what fails this is quarantined. */
export function isFluxObject(value: unknown): value is KubeObject {
  if (!isRecord(value) || typeof value.apiVersion !== "string" || typeof value.kind !== "string") return false;
  const meta = value.metadata;
  return (
    isRecord(meta) &&
    [meta.name, meta.uid, meta.resourceVersion].every((part) => typeof part === "string" && part !== "") &&
    !String(meta.name).includes("/")
  );
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";

/** Go's durations (`1h30m`, `500ms`) in seconds; null for anything else. */
export function durationSeconds(value: unknown): number | null {
  if (typeof value !== "string" || !/^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(value)) return null;
  const unit: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  let total = 0;
  for (const [, amount, , of] of value.matchAll(/(\d+(\.\d+)?)(h|ms|us|µs|ns|m|s)/g))
    total += Number(amount) * unit[of!]!;
  return total;
}
