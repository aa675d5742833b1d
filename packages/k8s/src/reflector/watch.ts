import { isRecord, type KubeObject } from "@flux-orchestrator/flux";
import { type CollectionPart, pathOf, type ServedKind } from "../discovery.ts";
import { errorOfStatus, KubeError } from "../kube-error.ts";
import { SILENT } from "../transport/pour.ts";
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

export interface WatchOptions {
  resourceVersion: string;
  signal: AbortSignal;
  onOpen: () => void;
  /** Takes one event. While the promise it returns is pending, nothing more is read. */
  onEvent: (event: WatchEvent) => Promise<void> | void;
  onUnreadable: UnreadableSink;
  part?: CollectionPart | undefined;
  limits?: WatchLimits | undefined;
}

/**
 * One watch request from a version on. Hands its events on in order; resolves when the API server ends the watch in good
 * order, and when it was silent for too long.
 *
 * @throws KubeError: GONE when the version was compacted away, as an answer or as an ERROR event; with reason `LostEvent`
 * after something that is no JSON. What `onEvent` throws, as it is
 */
export async function watch(transport: Transport, served: ServedKind, options: WatchOptions): Promise<void> {
  const { resourceVersion, signal, onOpen, part, limits: { openMs, idleMs } = WATCH_LIMITS } = options;
  const events = new EventLines(served, options);
  try {
    await transport.pour(pathOfWatch(served, resourceVersion, part), { signal, openMs, idleMs, onOpen }, (piece) =>
      events.take(piece),
    );
  } catch (error) {
    // Whether it is dead shows when it is opened again.
    if (error instanceof KubeError && error.reason === SILENT) return;
    throw error;
  }
  events.end();
}

function pathOfWatch(served: ServedKind, resourceVersion: string, part: CollectionPart = {}): string {
  const { labelSelector, fieldSelector, ...where } = part;
  const query = new URLSearchParams({
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion,
    timeoutSeconds: String(WATCH_SECONDS + Math.floor(Math.random() * 60)),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  return `${pathOf(served, where)}?${query}`;
}

/** The lines of a watch, one event each. */
class EventLines {
  readonly #cutter = new LineCutter(LINE_MAX);

  constructor(
    readonly served: ServedKind,
    readonly options: Pick<WatchOptions, "onEvent" | "onUnreadable">,
  ) {}

  /** @throws KubeError for an ERROR event and for what is no event at all; what came before it was handed on */
  take(piece: Uint8Array): Promise<void> | void {
    const lines = this.#cutter.cut(piece);
    if (this.#cutter.pending > LINE_PATIENCE)
      throw new KubeError("CLUSTER_ERROR", "The API server sends an event without an end.", {
        status: 200,
        reason: "TooLarge",
      });
    // Most are taken at once: a promise is made only where something has to be waited for.
    for (const [at, line] of lines.entries()) {
      const taking = this.#hand(line);
      if (taking !== undefined) return this.#handRest(taking, lines, at + 1);
    }
  }

  /** @throws KubeError when the stream has ended in the middle of an event */
  end(): void {
    if (this.#cutter.pending > 0)
      throw new KubeError("CLUSTER_UNREACHABLE", "The watch broke off in the middle of an event.", {
        reason: "UnexpectedEnd",
      });
  }

  async #handRest(taking: Promise<void>, lines: readonly (string | null)[], from: number): Promise<void> {
    await taking;
    for (let at = from; at < lines.length; at++) await this.#hand(lines[at] ?? null);
  }

  #hand(line: string | null): Promise<void> | void {
    const event = line === "" ? null : readLine(line, this.served, this.options.onUnreadable);
    if (event !== null) return this.options.onEvent(event);
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
