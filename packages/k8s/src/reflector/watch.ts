import { isRecord, type KubeObject } from "@flux-orchestrator/flux";
import { type CollectionPart, pathOf, type ServedKind } from "../discovery.ts";
import { errorOfFetch, errorOfResponse, errorOfStatus, KubeError } from "../kube-error.ts";
import type { Transport } from "../transport.ts";
import { describe, OBJECT_MAX, readObject, type UnreadableObject } from "../unreadable.ts";
import { LineCutter } from "./line-cutter.ts";

/** Bytes of one event; a longer one is left out. */
const LINE_MAX = OBJECT_MAX;
/** Bytes after which what does not end is no event any more, but an attack on our patience. */
const LINE_PATIENCE = 64 * 1024 * 1024;
/** The API server ends a watch after about this long; we come back. */
const WATCH_SECONDS = 290;
/** How long a watch may say nothing. */
export interface WatchLimits {
  /** Milliseconds until it is open: an API server answers at once, before there is anything to tell. */
  openMs: number;
  /**
   * Milliseconds without a byte. Most API servers send a bookmark every minute, but one whose etcd reports no progress
   * sends none to a quiet watch; so a silent watch is not a broken one, but one to be opened again.
   */
  idleMs: number;
}
const WATCH_LIMITS: WatchLimits = { openMs: 30_000, idleMs: 150_000 };

export type WatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
  | { type: "BOOKMARK"; resourceVersion: string };

/** Reason of the error after an event that could not be read: only a list knows what it said. */
export const LOST_EVENT = "LostEvent";

/** What a stream of events could not be read of. */
export type UnreadableSink = (unreadable: UnreadableObject) => void;

/**
 * One watch request from a version on. Yields the events of each network chunk; returns when the API server ends the
 * watch in good order, and when it was silent for too long.
 *
 * @throws KubeError: GONE when the version was compacted away, as an answer or as an ERROR event; with reason `LostEvent`
 * after something that is no JSON
 */
export async function* watch(
  transport: Transport,
  served: ServedKind,
  options: {
    resourceVersion: string;
    signal: AbortSignal;
    onOpen: () => void;
    onUnreadable: UnreadableSink;
    part?: CollectionPart;
    limits?: WatchLimits;
  },
): AsyncGenerator<WatchEvent[]> {
  const { signal } = options;
  const response = await open(transport, served, options);
  if (!response.ok) throw await errorOfResponse(response);
  options.onOpen();
  const cutter = new LineCutter(LINE_MAX);
  try {
    for await (const chunk of response.body ?? []) {
      const events: WatchEvent[] = [];
      try {
        for (const line of cutter.cut(chunk)) {
          const event = line === "" ? null : readLine(line, served, options.onUnreadable);
          if (event !== null) events.push(event);
        }
      } finally {
        // What came before an error still counts.
        if (events.length > 0) yield events;
      }
      if (cutter.pending > LINE_PATIENCE)
        throw new KubeError("CLUSTER_ERROR", "The API server sends an event without an end.", {
          status: 200,
          reason: "TooLarge",
        });
    }
  } catch (thrown) {
    const error = errorOfFetch(thrown, signal);
    // Whether it is dead shows when it is opened again.
    if (error instanceof KubeError && error.code === "CLUSTER_TIMEOUT" && error.status === undefined) return;
    throw error;
  }
  if (cutter.pending > 0)
    throw new KubeError("CLUSTER_UNREACHABLE", "The watch broke off in the middle of an event.", {
      reason: "UnexpectedEnd",
    });
}

/** The answer to a watch request, as soon as its headers are there. @throws KubeError CLUSTER_TIMEOUT after `openMs` */
async function open(
  transport: Transport,
  served: ServedKind,
  options: { resourceVersion: string; signal: AbortSignal; part?: CollectionPart; limits?: WatchLimits },
): Promise<Response> {
  const { openMs, idleMs } = options.limits ?? WATCH_LIMITS;
  const { labelSelector, fieldSelector, ...where } = options.part ?? {};
  const query = new URLSearchParams({
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(WATCH_SECONDS + Math.floor(Math.random() * 60)),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException("the watch was not answered in time", "TimeoutError")),
    openMs,
  );
  try {
    return await transport.stream(`${pathOf(served, where)}?${query}`, {
      signal: AbortSignal.any([options.signal, late.signal]),
      timeoutMs: idleMs,
    });
  } catch (error) {
    throw errorOfFetch(error, options.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** An event, null for one that cannot be used. @throws KubeError for an ERROR event and for what is no event at all */
function readLine(line: string | null, served: ServedKind, onUnreadable: UnreadableSink): WatchEvent | null {
  const leaveOut = (unreadable: UnreadableObject) => {
    onUnreadable(unreadable);
    return null;
  };
  if (line === null) return leaveOut(describe("TOO_LARGE", served));
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    leaveOut(describe("NO_JSON", served));
    throw new KubeError("CLUSTER_ERROR", "The API server sent an event that cannot be read.", {
      status: 200,
      reason: LOST_EVENT,
      cause,
    });
  }
  if (!isRecord(event)) return leaveOut(describe("NO_OBJECT", served));
  const { type, object } = event;
  if (type === "ERROR") throw errorOfStatus(object);
  if (type === "BOOKMARK") {
    const version = isRecord(object) && isRecord(object.metadata) ? object.metadata.resourceVersion : undefined;
    return typeof version === "string" && version !== "" ? { type, resourceVersion: version } : null;
  }
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return null;
  const read = readObject(object, served);
  return read.object === undefined ? leaveOut(read.unreadable) : { type, object: read.object };
}
