import type { Cluster, Job, LiveFrame, ReconcileRun, ResourceChange, Topic } from "@flux-orchestrator/contract";
import { now } from "../now.svelte.ts";
import { SharedStream } from "./shared-stream.ts";
import { olderCursor, topicKey } from "./topics.ts";

/** At most four times a second. */
const APPLY_EVERY_MS = 250;
const LOST_AFTER_MS = 5000;
const GREY_AFTER_MS = 30_000;

export interface LiveListener {
  topics: Topic[];
  /** Cursor of what is shown; nothing after it is missed. */
  from: string | null;
  onChanges?(changes: ResourceChange[]): void;
  /** `cluster` is null when it was removed. */
  onCluster?(clusterId: string, cluster: Cluster | null): void;
  onRun?(run: ReconcileRun): void;
  onJob?(job: Job): void;
  /** What is shown can no longer be patched: ask the server again. */
  onRefetch?(): void;
}

interface Told {
  frame: LiveFrame;
  topics: string[] | null;
}

/** Frames are for the reader: while a menu is open or text is selected nothing may change below the pointer. */
function readerIsBusy(): boolean {
  const selection = document.getSelection();
  if (selection !== null && selection.type === "Range" && selection.toString() !== "") return true;
  return document.querySelector("[data-menu-open]") !== null;
}

class Live {
  /** When the stream was last heard, by this browser's clock. */
  #heardAtMs = Date.now();
  #listeners = new Map<LiveListener, Set<string>>();
  #queue: Told[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #appliedAtMs = 0;
  #stream: SharedStream | null = null;
  #everLive = false;
  /** Where the feed stood when this tab last listened. */
  #cursor: string | null = null;

  /** `paused`: closed because nobody looks. */
  state = $state<"connecting" | "live" | "lost" | "paused">("connecting");
  lostSinceMs = $state<number | null>(null);
  /** What everything shown was known to be true at; null when nothing is. */
  confirmedAt = $state<string | null>(null);
  retryAtMs = $state<number | null>(null);
  /** Changes arrive so much later than they were stored; 0: on time. */
  lagMs = $state(0);
  /** The browser's stream is down for so long that everything shown loses its tone. */
  grey = $state(false);

  /** Opens the stream; called once, by the frame of the page. */
  start(): () => void {
    this.#stream = new SharedStream({
      frame: (frame, topics, cursor) => this.#receive(frame, topics, cursor),
      retry: (atMs) => (this.retryAtMs = atMs),
    });
    const watchdog = setInterval(() => this.#judge(), 1000);
    const onVisibility = () => this.#announce();
    document.addEventListener("visibilitychange", onVisibility);
    this.#announce();
    return () => {
      clearInterval(watchdog);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }

  /** Listens until the returned function is called. */
  watch(listener: LiveListener): () => void {
    this.#listeners.set(listener, new Set(listener.topics.map(topicKey)));
    this.#announce(listener.from);
    return () => {
      this.#listeners.delete(listener);
      this.#announce();
    };
  }
  retryNow(): void {
    this.#stream?.retryNow();
  }

  #announce(from: string | null = null): void {
    if (this.#stream === null) return;
    const hidden = document.visibilityState === "hidden";
    if (hidden) this.state = "paused";
    else if (this.state === "paused") {
      this.state = "connecting";
      this.#heardAtMs = Date.now();
      // What was told to other tabs in the meantime is told again to this one.
      from = olderCursor(from, this.#cursor);
    }
    this.#stream.want(hidden ? [] : [...this.#listeners.keys()].flatMap((listener) => listener.topics), from);
  }

  #receive(frame: LiveFrame, topics: string[] | null, cursor: string | null): void {
    this.#heardAtMs = Date.now();
    if (this.state === "paused") return;
    this.#live();
    this.#cursor = cursor ?? this.#cursor;
    if (frame.type === "lag" || frame.type === "ping") this.lagMs = frame.lagMs;
    if (frame.type === "lag") return;
    if (frame.type === "hello" || frame.type === "ping") {
      now.align(frame.serverTime);
      this.confirmedAt = frame.confirmedAt;
      return;
    }
    this.#queue.push({ frame, topics });
    // The first of a burst is shown at once, the rest together.
    const sinceLastMs = Date.now() - this.#appliedAtMs;
    this.#flushTimer ??= setTimeout(() => this.#flush(), Math.max(0, APPLY_EVERY_MS - sinceLastMs));
  }

  #flush(): void {
    this.#flushTimer = undefined;
    if (readerIsBusy()) {
      this.#flushTimer = setTimeout(() => this.#flush(), APPLY_EVERY_MS);
      return;
    }
    const queue = this.#queue;
    this.#queue = [];
    this.#appliedAtMs = Date.now();
    now.tick();
    for (const [listener, keys] of this.#listeners) this.#deliver(listener, keys, queue);
  }

  #deliver(listener: LiveListener, keys: ReadonlySet<string>, queue: Told[]): void {
    const changes: ResourceChange[] = [];
    let refetch = false;
    for (const { frame, topics } of queue) {
      // A collapsed connection tells of everything under one topic nobody asked for: then each looks for itself.
      const concerns = topics === null || topics.some((key) => keys.has(key) || key === EVERYTHING);
      if (frame.type === "resync") refetch = true;
      else if (frame.type === "refetch") refetch ||= concerns;
      else if (frame.type === "changes" && concerns) changes.push(...frame.changes);
      else if (frame.type === "cluster") listener.onCluster?.(frame.clusterId, frame.cluster);
      else if (frame.type === "run") listener.onRun?.(frame.run);
      else if (frame.type === "job") listener.onJob?.(frame.job);
    }
    if (refetch) listener.onRefetch?.();
    else if (changes.length > 0) listener.onChanges?.(changes);
  }

  #live(): void {
    this.#everLive = true;
    this.state = "live";
    this.lostSinceMs = null;
    this.grey = false;
  }
  #judge(): void {
    if (this.state === "paused") return;
    const silentMs = Date.now() - this.#heardAtMs;
    if (silentMs < LOST_AFTER_MS) return;
    this.state = "lost";
    this.lostSinceMs = this.#heardAtMs;
    this.grey = this.#everLive && silentMs >= GREY_AFTER_MS;
  }
}
const EVERYTHING = topicKey({ topic: "query", filter: {} });

export const live = new Live();
