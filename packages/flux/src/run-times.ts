import { durationSeconds, type KubeObject, listOf, recordOf, timeOf } from "./object.ts";
import { isSuspended } from "./suspend.ts";

/** A run that takes longer than its timeout fails; a controller gives an object this long when it states none. */
const TIMEOUT_SECONDS = 5 * 60;

/** When a controller ran and will run again; milliseconds since the epoch. */
export interface RunTimes {
  last: number;
  /** About then: controllers spread their runs by a few per cent. */
  next: number | null;
  /** From here on something is wrong: two intervals and a timeout went by without a run. Null while nothing is due. */
  overdue: number | null;
}

/** Kinds whose runs leave a trace in their status. */
const TRACED = new Set(["Kustomization", "ResourceSet", "FluxInstance"]);

/**
 * The runs of an object, for kinds whose runs leave a trace in their status: an unchanged source or release writes
 * nothing, so of those nobody can tell. Null when there is no trace.
 */
export function runTimesOf(object: KubeObject): RunTimes | null {
  if (!TRACED.has(object.kind)) return null;
  const [latest] = listOf(recordOf(object.status).history).map(recordOf);
  const last = timeOf(latest?.lastReconciled);
  if (last === null) return null;
  const spec = recordOf(object.spec);
  const interval = durationSeconds(spec.interval);
  if (interval === null || isSuspended(object)) return { last, next: null, overdue: null };
  return {
    last,
    next: last + interval * 1000,
    overdue: last + overdueAfterMs(interval, durationSeconds(spec.timeout)),
  };
}

/** How long after a run something is wrong: two intervals and a timeout, milliseconds. */
export function overdueAfterMs(intervalSeconds: number, timeoutSeconds: number | null = null): number {
  return (intervalSeconds * 2 + (timeoutSeconds ?? TIMEOUT_SECONDS)) * 1000;
}
