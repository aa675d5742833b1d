import type { LiveFrame, Topic } from "@flux-orchestrator/contract";
import { trpc } from "../trpc.ts";
import { topicKey } from "./topics.ts";

const BACKOFF_MIN_MS = 1000;
const BACKOFF_MAX_MS = 10_000;
/** The server pings every 2 s; a stream silent for this long is dead even if its socket is not. */
const SILENCE_MAX_MS = 8000;

export interface ConnectionEvents {
  /** `topics` are the keys the frame belongs to, null when it is for everybody; `cursor` is where the feed stands after it. */
  frame(frame: LiveFrame, topics: string[] | null, cursor: string | null): void;
  /** Trying again at this moment (milliseconds since the epoch); null once a stream is open. */
  retry(atMs: number | null): void;
}

/**
 * One live stream, kept alive: it resumes where it stopped, and waits longer after each failure in a row. The cursor
 * moves only with frames that were delivered.
 */
export class Connection {
  #topics: Topic[] = [];
  #keys: string[] = [];
  #stream: { unsubscribe(): void } | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  cursor: string | null = null;

  constructor(readonly events: ConnectionEvents) {}

  /** Opens, or opens again with other topics. Without topics the stream closes. */
  open(topics: Topic[]): void {
    this.#topics = topics;
    this.#failures = 0;
    this.#connect();
  }
  close(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#stream?.unsubscribe();
    this.#stream = null;
  }
  retryNow(): void {
    this.#failures = 0;
    this.#connect();
  }

  #connect(): void {
    this.close();
    if (this.#topics.length === 0) return;
    const keys = this.#topics.map(topicKey);
    this.#keys = keys;
    let over = false;
    const fail = () => {
      if (over) return;
      over = true;
      this.#backOff();
    };
    const stream = trpc.live.watch.subscribe(
      { topics: this.#topics, lastEventId: this.cursor },
      {
        onData: (data) => {
          if (!over) this.#receive(data);
        },
        onError: fail,
        onStopped: fail,
        onComplete: fail,
        onConnectionStateChange: (change) => {
          if (change.state === "connecting" && change.error) fail();
        },
      },
    );
    // Unsubscribing tells `onStopped`, which is no failure then.
    this.#stream = {
      unsubscribe: () => {
        over = true;
        stream.unsubscribe();
      },
    };
    this.#awaitFrame();
  }

  #receive(data: unknown): void {
    const { id, frame } = unwrap(data);
    if (frame === null) return;
    this.#failures = 0;
    this.#awaitFrame();
    this.events.retry(null);
    const topics = "topics" in frame ? frame.topics.flatMap((index) => this.#keys[index] ?? []) : null;
    const cursor = id ?? (frame.type === "hello" ? frame.cursor : null);
    this.events.frame(frame, topics, cursor);
    if (cursor !== null) this.cursor = cursor;
  }

  #awaitFrame(): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#backOff(), SILENCE_MAX_MS);
  }

  #backOff(): void {
    this.close();
    this.#failures += 1;
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (this.#failures - 1));
    const waitMs = ceiling / 2 + Math.random() * (ceiling / 2);
    this.events.retry(Date.now() + waitMs);
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
  }
}

/** A frame travels bare, or with the cursor after it as its event id. */
function unwrap(data: unknown): { id: string | null; frame: LiveFrame | null } {
  if (typeof data !== "object" || data === null) return { id: null, frame: null };
  if ("type" in data) return { id: null, frame: data as LiveFrame };
  if ("data" in data && "id" in data) {
    return { id: typeof data.id === "string" ? data.id : null, frame: data.data as LiveFrame };
  }
  return { id: null, frame: null };
}
