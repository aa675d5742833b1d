import type { KubeObject } from "@flux-orchestrator/flux";
import type { CollectionPart, ServedKind } from "../discovery.ts";
import { FluxClient } from "../flux-client.ts";
import { KubeError } from "../kube-error.ts";
import type { Transport } from "../transport.ts";
import { Backoff, pause } from "./backoff.ts";
import { type WatchLimits, watch } from "./watch.ts";

/**
 * How a reflector stands. `live`: its watch is open. `broken`: it tries again, what it told may be old. `forbidden` and
 * `absent` are tried again too, more slowly.
 */
export type ReflectorState =
  | { state: "listing" | "live" }
  | { state: "broken" | "forbidden" | "absent"; error: KubeError };

/** What a reflector fills. Every call is awaited, so that a slow store holds the reading back: nothing is dropped. */
export interface ReflectorSink {
  /** A complete list follows; what it does not contain is gone. `gone`: because the version of the watch was compacted away. */
  onListStart(why: "first" | "gone"): Promise<void> | void;
  onPage(objects: readonly KubeObject[]): Promise<void> | void;
  /** The list is complete and true at this version. */
  onListEnd(resourceVersion: string): Promise<void> | void;
  onEvent(type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): Promise<void> | void;
  /** Everything up to this version was told. */
  onBookmark(resourceVersion: string): Promise<void> | void;
  onState(state: ReflectorState): void;
  /** Objects that are none: counted, skipped, never fatal. */
  onUnreadable?(count: number): void;
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
  sink: ReflectorSink;
  random?: () => number;
  clock?: ReflectorClock;
  limits?: WatchLimits;
}

/** The time a reflector lives in. */
export interface ReflectorClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after a time, or at once when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const RETRY = { baseMs: 250, maxMs: 30_000 };
/** Rights and kinds seldom come back by themselves. */
const SLOW_RETRY_MS = 15_000;
/** A watch that lived this long was a good one: the next starts without a wait. */
const GOOD_WATCH_MS = 2_000;

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
  while (!signal.aborted) {
    let waitMs = 0;
    try {
      if (resourceVersion === undefined) resourceVersion = await listAll(client, why, options);
      let openedAtMs = 0;
      const events = watch(transport, served, {
        resourceVersion,
        signal,
        onOpen: () => {
          openedAtMs = clock.now();
          sink.onState({ state: "live" });
        },
        onUnreadable: (count) => sink.onUnreadable?.(count),
        ...(options.part === undefined ? {} : { part: options.part }),
        ...(options.limits === undefined ? {} : { limits: options.limits }),
      });
      for await (const batch of events) {
        for (const event of batch) {
          // Only once the sink has it is the version ours: a crash replays the event, never skips it.
          if (event.type === "BOOKMARK") await sink.onBookmark(event.resourceVersion);
          else await sink.onEvent(event.type, event.object);
          resourceVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
        }
        backoff.reset();
      }
      // The API server ended the watch as it does every few minutes, or it had nothing to tell.
      if (clock.now() - openedAtMs >= GOOD_WATCH_MS) backoff.reset();
      else waitMs = backoff.next();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KubeError)) throw error;
      if (error.code === "GONE") {
        // Our version was compacted away: only a fresh list is correct. Waits, lest a broken server makes us list for ever.
        resourceVersion = undefined;
        why = "gone";
        waitMs = backoff.next();
      } else waitMs = retreat(error, sink, backoff);
    }
    await clock.pause(waitMs, signal);
  }
}

/** Lists everything into the sink; returns the version it is true at. */
async function listAll(
  client: FluxClient,
  why: "first" | "gone",
  { served, part, signal, pageSize, sink }: ReflectorOptions,
): Promise<string> {
  sink.onState({ state: "listing" });
  await sink.onListStart(why);
  let version = "";
  for await (const page of client.pages(served, { ...part, signal, ...(pageSize === undefined ? {} : { pageSize }) })) {
    if (page.unreadable > 0) sink.onUnreadable?.(page.unreadable);
    await sink.onPage(page.objects);
    version = page.resourceVersion;
  }
  await sink.onListEnd(version);
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
  return backoff.next(state === "broken" ? 0 : SLOW_RETRY_MS);
}
