import { fingerprintOf, normaliseMessage } from "./fingerprint.ts";
import { MASK, maskText } from "./mask.ts";
import { groupOf, type KubeObject, numberOf, type ObjectKey, recordOf, textOf, timeOf } from "./object.ts";

/** What a controller told of an object, as rows keep it: masked, times in milliseconds since the epoch. */
export interface FluxEvent {
  /** The object it is about; `uid` is empty where the controller did not say. */
  object: ObjectKey & { uid: string };
  /** Normal or Warning. */
  type: string;
  reason: string;
  message: string;
  /** Name of the controller. */
  source: string;
  /** Which Event object said so; it is updated when the same happens again, and dropped by the API server after an hour. */
  eventUid: string;
  /** How often that Event object counts. */
  count: number;
  firstAt: number;
  lastAt: number;
  /** Equal for events that say the same of the same object. */
  fingerprint: string;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Reads a core/v1 Event, in the older form (`count`, `lastTimestamp`) and the newer (`series`, `eventTime`). Null for one
 * that names no object a cluster could have. `secrets` are what its message may not quote; null: nobody knows, and nothing of
 * the message is kept.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export function readEvent(object: KubeObject, secrets: ReadonlySet<string> | null = NONE): FluxEvent | null {
  const involved = recordOf(object.involvedObject);
  const series = recordOf(object.series);
  const kind = textOf(involved.kind) ?? "";
  const name = textOf(involved.name) ?? "";
  const namespace = textOf(involved.namespace) ?? "";
  const group = groupOf(textOf(involved.apiVersion) ?? "");
  // Whoever may create events chooses these; longer ones would be refused by an index.
  if (kind === "" || name === "" || kind.length > 63 || [name, namespace, group].some((part) => part.length > 253))
    return null;
  const text = (value: unknown, max = 253) => maskText(textOf(value) ?? "").slice(0, max);
  const time = (...values: unknown[]) => values.map(timeOf).find((ms) => ms !== null) ?? null;
  const createdAt = object.metadata.creationTimestamp;
  const lastAt = time(series.lastObservedTime, object.lastTimestamp, object.eventTime, createdAt);
  if (lastAt === null) return null;
  const message = secrets === null ? MASK : maskText(textOf(object.message) ?? "", secrets);
  const [type, reason, uid] = [text(object.type), text(object.reason), text(involved.uid)];
  return {
    object: { group, kind, namespace, name, uid },
    type,
    reason,
    message,
    source: text(recordOf(object.source).component ?? object.reportingComponent),
    eventUid: object.metadata.uid.slice(0, 253),
    count: Math.min(Math.max(1, Math.round(numberOf(series.count) ?? numberOf(object.count) ?? 1)), 1_000_000),
    firstAt: Math.min(time(object.firstTimestamp, object.eventTime, createdAt) ?? lastAt, lastAt),
    lastAt,
    fingerprint: fingerprintOf(JSON.stringify([uid, type, reason, normaliseMessage(message)])),
  };
}

/** How often and when the same was told of an object. */
export interface EventTally {
  count: number;
  firstAt: number;
  lastAt: number;
  message: string;
  /** The Event object counted last, and how often it had counted. */
  eventUid: string;
  eventCount: number;
}

/**
 * Adds an event to what is stored of the same; returns the same tally when it was counted before. Every list tells all
 * Event objects of the last hour again, so only what is later than the last one counts: told twice is counted once, and
 * of two within the API server's second one.
 */
export function tally(stored: EventTally | null, event: FluxEvent): EventTally {
  const { count, firstAt, lastAt, message, eventUid } = event;
  if (stored === null) return { count, firstAt, lastAt, message, eventUid, eventCount: count };
  if (lastAt <= stored.lastAt) return stored;
  const counted = eventUid === stored.eventUid ? stored.eventCount : firstAt <= stored.lastAt ? count - 1 : 0;
  return {
    count: stored.count + Math.max(1, count - counted),
    firstAt: Math.min(stored.firstAt, firstAt),
    lastAt,
    message,
    eventUid,
    eventCount: count,
  };
}
