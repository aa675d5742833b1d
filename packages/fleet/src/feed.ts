import {
  type Database,
  type FeedPosition,
  feedPosition,
  listen,
  markRestore,
  readLog,
  rotateChangeLog,
} from "@flux-orchestrator/db";
import type { FleetLog } from "./log.ts";
import { type FleetMetrics, NO_METRICS } from "./metrics.ts";
import type { ChangeFeed, FeedListener } from "./ports.ts";

/** Tells the readers of every replica that the log grew. Sent after a commit, never inside it. */
export const FEED_CHANNEL = "flux_orchestrator_feed";
const POLL_MS = 1_000;
/** Other processes are told at most this often: each of their readers reads for it. */
const NOTIFY_MS = 25;
/** The log is read at most this often: what is committed meanwhile is read in one go. */
const APART_MS = 20;
const BATCH = 1_000;
const ROTATE_MS = 60_000;
/** Changes told later than this after they were written are late. */
const LATE_MS = 1_000;
/** What is younger can be replayed to a client that comes back. */
const KEEP_MS = 60 * 60_000;

/** Reads the change log once for the whole process and tells everybody. */
export class Feed implements ChangeFeed {
  readonly #listeners = new Set<FeedListener>();
  #onRestored: () => void = () => {};
  #position: FeedPosition | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];
  #reading: Promise<void> | undefined;
  #again = false;
  /** What our own notifications say: we have read already. */
  readonly #self = crypto.randomUUID();
  #notifying = false;
  /** When the log was last read, by our clock. */
  #readAtMs = performance.now();
  /** Age of the oldest change of the last batch; 0 after a read that found none. */
  #toldAgeMs = 0;

  constructor(
    readonly database: Database,
    readonly log: FleetLog,
    readonly metrics: FleetMetrics = NO_METRICS,
  ) {}

  /** The last number that was told. */
  get told(): number {
    return this.#position?.number ?? 0;
  }

  async start(): Promise<void> {
    await markRestore(this.database.sql);
    this.#position = await feedPosition(this.database.sql);
    this.#readAtMs = performance.now();
    this.#unlisten = await listen(this.database.target, FEED_CHANNEL, {
      onNotified: (from) => {
        if (from !== this.#self) this.nudge();
      },
    });
    // A notification may be lost with its connection; the poll is what makes the feed certain.
    this.#timers = [setInterval(() => this.nudge(), POLL_MS), setInterval(() => this.#rotate(), ROTATE_MS)];
  }

  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told when the database was restored while this process ran, after everybody was told to read anew. */
  onRestored(listener: () => void): void {
    this.#onRestored = listener;
  }

  announce(): void {
    this.nudge();
    if (this.#notifying) return;
    this.#notifying = true;
    setTimeout(() => {
      this.#notifying = false;
      this.database.sql.notify(FEED_CHANNEL, this.#self).catch(() => {
        // The poll of every reader finds it within a second.
      });
    }, NOTIFY_MS);
  }

  lagMs(): number {
    // Between two polls nothing is late: a change that is not read yet is at most so old.
    const unreadMs = performance.now() - this.#readAtMs - POLL_MS;
    const ms = Math.max(this.#toldAgeMs, unreadMs);
    return ms > LATE_MS ? Math.round(ms) : 0;
  }

  /** Reads on, now. Several calls at once make one read, and one more after it. */
  nudge(): void {
    if (this.#position === undefined) return;
    this.#again = true;
    this.#reading ??= this.#drain();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#listeners.clear();
    this.#position = undefined;
    await this.#reading;
    await this.#unlisten?.();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#again && this.#position !== undefined) {
        const waitMs = APART_MS - (performance.now() - this.#readAtMs);
        if (waitMs > 0) await Bun.sleep(waitMs);
        this.#again = false;
        if (this.#position === undefined) return;
        await this.#readOn(this.#position);
      }
    } catch (error) {
      this.log.warn({ err: error }, "the change feed could not be read; it is tried again");
    } finally {
      // At once, not in a later turn: a nudge in between would wait for the next poll.
      this.#reading = undefined;
    }
  }

  async #readOn(after: FeedPosition): Promise<void> {
    const changes = await readLog(this.database.sql, after, BATCH);
    this.#readAtMs = performance.now();
    this.#toldAgeMs = changes === "resync" ? 0 : (changes[0]?.ageMs ?? 0);
    const last = changes === "resync" ? undefined : changes.at(-1);
    if (changes !== "resync" && last === undefined) return;
    if (changes === "resync") await markRestore(this.database.sql);
    const position =
      last === undefined ? await feedPosition(this.database.sql) : { epoch: after.epoch, number: last.number };
    // Stopped meanwhile.
    if (this.#position === undefined) return;
    this.#position = position;
    this.#again ||= changes.length === BATCH;
    if (changes !== "resync") this.metrics.feedLag(changes[0]!.ageMs);
    this.#tell(changes === "resync" ? { resync: true, position } : { changes, position });
    if (position.epoch !== after.epoch) this.#onRestored();
  }

  #tell(batch: Parameters<FeedListener>[0]): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (error) {
        this.log.error({ err: error }, "a listener of the change feed failed");
      }
    }
  }

  #rotate(): void {
    rotateChangeLog(this.database.sql, { keepMs: KEEP_MS }).catch((error: unknown) =>
      this.log.warn({ err: error }, "the change log could not be rotated"),
    );
  }
}
