import type { KubeObject } from "@flux-orchestrator/flux";
import type { CollectionPart, ServedKind } from "../discovery.ts";
import { FluxClient } from "../flux-client.ts";
import { KubeError } from "../kube-error.ts";
import type { Transport } from "../transport.ts";
import type { UnreadableObject } from "../unreadable.ts";
import { Backoff, pause } from "./backoff.ts";
import { LOST_EVENT, type WatchLimits, watch } from "./watch.ts";

/**
 * How a reflector stands. `live`: its watch is open. `broken`: it tries again, what it told may be old. `forbidden` and
 * `absent` are tried again too, more slowly.
 */
export type ReflectorState =
  | { state: "listing" | "live" }
  | { state: "broken" | "forbidden" | "absent"; error: KubeError };

/** What a reflector fills. Every call is awaited, so that a slow store holds the reading back: nothing is dropped. */
export interface ReflectorSink {
  /** A complete list follows; what it does not contain is gone. `gone`: because the watch cannot go on from where it was. */
  onListStart(why: "first" | "gone"): Promise<void> | void;
  onPage(objects: readonly KubeObject[]): Promise<void> | void;
  /** The list is complete and true at this version. */
  onListEnd(resourceVersion: string): Promise<void> | void;
  onEvent(type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): Promise<void> | void;
  /** Everything up to this version was told. */
  onBookmark(resourceVersion: string): Promise<void> | void;
  onState(state: ReflectorState): void;
  /**
   * What is left out because it cannot be read: never fatal, and no proof that it is gone. Its next version is tried again.
   */
  onUnreadable?(count: number, unreadable: readonly UnreadableObject[]): void;
}

export interface ReflectorOptions {
  transport: Transport;
  served: ServedKind;
  /** Only these of the kind. */
  part?: CollectionPart;
  /** Resume here without a list. */
  resourceVersion?: string;
  signal: AbortSignal;
  pageSize?: number;
  /** When a page may be asked for; at once unless given. */
  turns?: PageTurns;
  sink: ReflectorSink;
  random?: () => number;
  clock?: ReflectorClock;
  limits?: WatchLimits;
}

/** Lets the pages of a list in: each is asked for and handed to the sink within one `run`. */
export interface PageTurns {
  /** @param work calls `arrived` once the page is there, and ends when the sink has it */
  run<T>(work: (arrived: () => void) => Promise<T>, signal: AbortSignal): Promise<T>;
}
const AT_ONCE: PageTurns = { run: (work) => work(() => {}) };

/** The time a reflector lives in. */
export interface ReflectorClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after a time, or at once when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const RETRY = { baseMs: 250, maxMs: 60_000 };
/** Rights and kinds seldom come back by themselves. */
const SLOW_RETRY_MS = 15_000;
/** A watch that lived this long was a good one: the next starts without a wait. */
const GOOD_WATCH_MS = 2_000;
/**
 * So many watches in a row that end at once with nothing to tell mean a version that the API server does not have, though
 * it does not say so (kubernetes/kubernetes#104171).
 */
const EMPTY_WATCHES_MAX = 3;

/**
 * Keeps a sink equal to what an API server holds of one kind: list, then watch, for ever. Returns only when the signal
 * aborts.
 */
export async function runReflector(options: ReflectorOptions): Promise<void> {
  const { transport, served, signal, sink, clock = { now: Date.now, pause } } = options;
  const client = new FluxClient(transport);
  const backoff = new Backoff(RETRY, options.random);
  let resourceVersion = options.resourceVersion;
  let why: "first" | "gone" = "first";
  let emptyWatches = 0;
  while (!signal.aborted) {
    let waitMs = 0;
    try {
      resourceVersion ??= await listAll(client, why, options);
      let openedAtMs = 0;
      let isEmpty = true;
      await watch(transport, served, {
        resourceVersion,
        signal,
        part: options.part,
        limits: options.limits,
        onOpen: () => {
          openedAtMs = clock.now();
          sink.onState({ state: "live" });
        },
        onUnreadable: (unreadable) => sink.onUnreadable?.(1, [unreadable]),
        onEvent: (event) => {
          isEmpty = false;
          backoff.reset();
          const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
          const taking = event.type === "BOOKMARK" ? sink.onBookmark(version) : sink.onEvent(event.type, event.object);
          // Only once the sink has it is the version ours: a crash replays the event, never skips it.
          if (taking !== undefined)
            return taking.then(() => {
              resourceVersion = version;
            });
          resourceVersion = version;
        },
      });
      // The API server ended the watch as it does every few minutes, or it had nothing to tell.
      const isGood = clock.now() - openedAtMs >= GOOD_WATCH_MS;
      if (isGood) backoff.reset();
      else waitMs = backoff.next();
      emptyWatches = isEmpty && !isGood ? emptyWatches + 1 : 0;
      if (emptyWatches === EMPTY_WATCHES_MAX) {
        emptyWatches = 0;
        resourceVersion = undefined;
        why = "gone";
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KubeError)) throw error;
      if (error.code === "GONE" || error.reason === LOST_EVENT) {
        // Only a fresh list is correct. Waits, lest a broken server makes us list for ever.
        resourceVersion = undefined;
        why = "gone";
      }
      waitMs = error.code === "GONE" ? backoff.next() : retreat(error, sink, backoff);
    }
    await clock.pause(waitMs, signal);
  }
}

/** Lists everything into the sink; returns the version it is true at. */
async function listAll(client: FluxClient, why: "first" | "gone", options: ReflectorOptions): Promise<string> {
  const { sink } = options;
  sink.onState({ state: "listing" });
  await sink.onListStart(why);
  const version = await readPages(client, options);
  await sink.onListEnd(version);
  return version;
}

/** A function of its own, so that no page is held any more while the sink still works on the end of the list. */
async function readPages(
  client: FluxClient,
  { served, part, signal, pageSize, turns = AT_ONCE, sink }: ReflectorOptions,
): Promise<string> {
  const pages = client.pages(served, { ...part, signal, ...(pageSize === undefined ? {} : { pageSize }) });
  let version = "";
  const takePage = async (arrived: () => void): Promise<boolean> => {
    const { value: page, done } = await pages.next();
    arrived();
    if (done === true) return false;
    if (page.unreadable.length > 0) sink.onUnreadable?.(page.unreadable.length, page.unreadable);
    await sink.onPage(page.objects);
    version = page.resourceVersion;
    return true;
  };
  while (await turns.run(takePage, signal));
  return version;
}

/** Tells the sink what is wrong; returns how long to wait. */
function retreat(error: KubeError, sink: ReflectorSink, backoff: Backoff): number {
  if (error.code === "CLUSTER_THROTTLED") {
    // "storage is (re)initializing" after a start is the same answer: come back, the version is still good.
    sink.onState({ state: "broken", error });
    return backoff.next(error.retryAfterMs ?? 1000);
  }
  const state =
    error.code === "CLUSTER_FORBIDDEN" ? "forbidden" : error.code === "OBJECT_NOT_FOUND" ? "absent" : "broken";
  sink.onState({ state, error });
  return backoff.next(Math.max(state === "broken" ? 0 : SLOW_RETRY_MS, error.retryAfterMs ?? 0));
}
