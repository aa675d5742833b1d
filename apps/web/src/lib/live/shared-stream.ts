import type { LiveFrame, Topic } from "@flux-orchestrator/contract";
import { Connection } from "./connection.ts";
import { mergeTopics, olderCursor } from "./topics.ts";

/** What tabs of one browser say to each other. */
type Message =
  | { say: "wants"; tab: string; topics: Topic[]; from: string | null }
  | { say: "who" }
  | { say: "frame"; frame: LiveFrame; topics: string[] | null; cursor: string | null }
  | { say: "retry"; atMs: number | null }
  | { say: "retry-now" };

export interface SharedStreamEvents {
  frame(frame: LiveFrame, topics: string[] | null, cursor: string | null): void;
  retry(atMs: number | null): void;
}

const CHANNEL = "flux-orchestrator:live";
/** Topics change in bursts while a page opens; the stream is opened once for all of them. */
const SETTLE_MS = 30;

/**
 * One live stream per browser. Browsers allow six connections per host in all, so the tab that holds the lock opens
 * the stream for every tab and passes frames on; when it goes, the next one takes over where it stopped. Hidden tabs
 * want nothing, so the stream closes when every tab is hidden.
 */
export class SharedStream {
  readonly #tab = crypto.randomUUID();
  readonly #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  readonly #wants = new Map<string, Topic[]>();
  #mine: Topic[] = [];
  #from: string | null = null;
  #connection: Connection | null = null;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #seen: string | null = null;

  constructor(readonly events: SharedStreamEvents) {
    if (this.#channel !== null) this.#channel.onmessage = (event: MessageEvent<Message>) => this.#hear(event.data);
    // Without locks (plain HTTP away from this computer) every tab leads itself.
    if (typeof navigator.locks === "undefined" || this.#channel === null) this.#lead();
    else {
      // Held as long as this tab lives: it tells the leader when to forget what the tab wanted.
      void navigator.locks.request(`${CHANNEL}:${this.#tab}`, () => new Promise(() => {}));
      void navigator.locks.request(CHANNEL, () => {
        this.#lead();
        return new Promise(() => {});
      });
    }
  }

  /** Says what this tab wants to hear from now on; `from` is a cursor after which nothing may be missed. */
  want(topics: Topic[], from: string | null): void {
    this.#mine = topics;
    this.#from = olderCursor(this.#from, from);
    this.#tell({ say: "wants", tab: this.#tab, topics, from: this.#from });
    this.#note(this.#tab, topics, this.#from);
    this.#from = null;
  }
  retryNow(): void {
    this.#connection?.retryNow();
    this.#tell({ say: "retry-now" });
  }

  #lead(): void {
    this.#connection = new Connection({
      frame: (frame, topics, cursor) => {
        this.#tell({ say: "frame", frame, topics, cursor });
        this.events.frame(frame, topics, cursor);
      },
      retry: (atMs) => {
        this.#tell({ say: "retry", atMs });
        this.events.retry(atMs);
      },
    });
    this.#connection.cursor = this.#seen;
    this.#tell({ say: "who" });
    this.#note(this.#tab, this.#mine, null);
  }

  #hear(message: Message): void {
    if (message.say === "frame") {
      this.#seen = message.cursor ?? this.#seen;
      this.events.frame(message.frame, message.topics, message.cursor);
    } else if (message.say === "retry") this.events.retry(message.atMs);
    else if (message.say === "who") this.#tell({ say: "wants", tab: this.#tab, topics: this.#mine, from: null });
    else if (message.say === "retry-now") this.#connection?.retryNow();
    else this.#note(message.tab, message.topics, message.from);
  }

  #note(tab: string, topics: Topic[], from: string | null): void {
    if (this.#connection === null) return;
    if (tab !== this.#tab && !this.#wants.has(tab)) this.#forgetWhenGone(tab);
    this.#wants.set(tab, topics);
    const connection = this.#connection;
    if (from !== null) connection.cursor = olderCursor(connection.cursor, from);
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#reopen(), SETTLE_MS);
  }
  #forgetWhenGone(tab: string): void {
    void navigator.locks?.request(`${CHANNEL}:${tab}`, () => {
      this.#wants.delete(tab);
      this.#reopen();
    });
  }
  #reopen(): void {
    const topics = mergeTopics([...this.#wants.values()].flat());
    if (topics.length === 0) this.#connection?.close();
    else this.#connection?.open(topics);
  }
  #tell(message: Message): void {
    this.#channel?.postMessage(message);
  }
}
