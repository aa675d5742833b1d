import type { Database, Fence } from "@flux-orchestrator/db";
import { Backoff, pause } from "@flux-orchestrator/k8s";
import type { Lease } from "../lease.ts";
import type { FleetLog } from "../log.ts";
import { orAborted } from "../or-aborted.ts";
import { nameOfKey, type Pending } from "./pending.ts";
import { sweep } from "./sweep.ts";
import { type WaitingChange, WaitingChanges } from "./waiting-changes.ts";
import { type BatchOutcome, writeBatch } from "./write-batch.ts";

const ROWS_MAX = 500;
/** A change waits at most this long for others to share its transaction. */
const GATHER_MS = 25;
/** Beyond this many waiting objects the readers of sockets wait too: nothing is ever dropped. */
const WAITING_MAX = 5_000;
/** How long an end waits for what is not stored yet. */
const STOP_MS = 3_000;

export interface FlusherOptions {
  database: Database;
  lease: Lease;
  log: FleetLog;
  now: () => number;
  /** Called after a commit that wrote something. */
  onWritten: () => void;
  onLost: (clusterId: string) => void;
}

/** The one writer of this process: takes what waits, of all its clusters in turn, into small transactions. */
export class Flusher {
  readonly #changes = new WaitingChanges();
  readonly #again = new Map<string, { pending: Pending; timer: ReturnType<typeof setTimeout> }>();
  readonly #stopping = new AbortController();
  #inFlight: readonly WaitingChange[] = [];
  #wake: (() => void) | undefined;
  #settling: { upTo: number; resolve: () => void }[] = [];
  #room: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(readonly options: FlusherOptions) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves at once while there is room; else when there is again. */
  put(pending: Pending): Promise<void> | void {
    const name = nameOf(pending);
    // What waits to be stored later is newer than the document a look at the clock would judge.
    const latest = pending.change === "recheck" ? (this.#again.get(name)?.pending ?? pending) : pending;
    if (latest.change !== "recheck") this.#cancelAgain(name);
    this.#changes.put(latest);
    this.#wake?.();
    if (this.#changes.size > WAITING_MAX) return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Resolves when everything put so far is stored, or given up because its cluster is; what comes later is not waited for. */
  settled(): Promise<void> {
    const upTo = this.#changes.lastPut;
    if (this.#oldest() > upTo) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push({ upTo, resolve }));
  }

  /** After a complete list: rows it did not contain go. */
  async sweep(
    of: { clusterId: string; group: string; kind: string },
    listed: readonly { namespace: string; name: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    await orAborted(this.settled(), signal);
    const backoff = new Backoff({ baseMs: 200, maxMs: 10_000 });
    while (!signal.aborted) {
      const fence = this.options.lease.fenceOf(of.clusterId);
      if (fence === undefined) return;
      try {
        if ((await sweep(this.options.database, of, { fence, listed, nowMs: this.options.now() })) > 0)
          this.options.onWritten();
        return;
      } catch (error) {
        this.options.log.warn({ err: error, ...of }, "rows that are gone could not be taken away; it is tried again");
        await pause(backoff.next(), signal);
      }
    }
  }

  /** Forgets what waits for a cluster that is gone. */
  forget(clusterId: string): void {
    this.#changes.forget(clusterId);
    for (const [name, { pending, timer }] of this.#again) {
      if (pending.key.clusterId !== clusterId) continue;
      clearTimeout(timer);
      this.#again.delete(name);
    }
    this.#tellWaiters();
  }

  /** Stores what waits, then ends. */
  async stop(): Promise<void> {
    for (const { timer } of this.#again.values()) clearTimeout(timer);
    const stored = new AbortController();
    await Promise.race([this.settled().then(() => stored.abort()), pause(STOP_MS, stored.signal)]);
    if (!stored.signal.aborted)
      this.options.log.warn(
        { rows: this.#changes.size },
        "the last changes could not be stored; the next start lists them",
      );
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
    // Whoever still waits, waits in vain.
    for (const resolve of this.#room.splice(0)) resolve();
    for (const { resolve } of this.#settling.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff({ baseMs: 200, maxMs: 10_000 });
    while (!signal.aborted) {
      if (this.#changes.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        if (signal.aborted) return;
        await pause(GATHER_MS, signal);
      }
      this.#inFlight = this.#changes.take(ROWS_MAX);
      const failed = await this.#flush(this.#inFlight.map(({ pending }) => pending));
      if (failed) this.#changes.putBack(this.#inFlight);
      this.#inFlight = [];
      this.#tellWaiters();
      if (failed) await pause(backoff.next(200), signal);
      else backoff.reset();
    }
  }

  /** @returns whether it failed and has to be repeated */
  async #flush(batch: readonly Pending[]): Promise<boolean> {
    if (batch.length === 0) return false;
    const { database, lease, log, now } = this.options;
    const fences = [...new Set(batch.map(({ key }) => key.clusterId))]
      .map((id) => lease.fenceOf(id))
      .filter((held): held is Fence => held !== undefined);
    try {
      this.#ended(await writeBatch(database, batch, { fences, nowMs: now() }));
      return false;
    } catch (error) {
      if (isOfTheRows(error)) return this.#flushApart(batch, error);
      log.warn({ err: error, rows: batch.length }, "a flush failed; it is repeated");
      return true;
    }
  }

  /** One object that Postgres cannot hold must not keep back the others: halves, until it is alone and given up. */
  async #flushApart(batch: readonly Pending[], error: unknown): Promise<boolean> {
    if (batch.length === 1) {
      this.options.log.error(
        { err: error, ...batch[0]?.key },
        "an object cannot be stored; it is left out until it changes",
      );
      return false;
    }
    const middle = batch.length >> 1;
    const first = await this.#flush(batch.slice(0, middle));
    const second = await this.#flush(batch.slice(middle));
    return first || second;
  }

  #ended({ again, lost, written }: BatchOutcome): void {
    for (const clusterId of lost) this.options.onLost(clusterId);
    for (const { pending, atMs } of again) this.#lookAgain(pending, atMs);
    if (written > 0) this.options.onWritten();
  }

  /** Puts an object back in when its time has come, unless something newer did. */
  #lookAgain(pending: Pending, atMs: number): void {
    const name = nameOf(pending);
    // What came while it was being written is newer already.
    if (this.#changes.hasNews(pending.key)) return;
    this.#cancelAgain(name);
    const timer = setTimeout(
      () => {
        this.#again.delete(name);
        void this.put(pending);
      },
      Math.max(50, atMs - this.options.now()),
    );
    timer.unref();
    this.#again.set(name, { pending, timer });
  }

  #cancelAgain(name: string): void {
    clearTimeout(this.#again.get(name)?.timer);
    this.#again.delete(name);
  }

  /** The number of the oldest put that is not stored yet. */
  #oldest(): number {
    return Math.min(this.#changes.oldestPut(), ...this.#inFlight.map(({ put }) => put));
  }

  #tellWaiters(): void {
    if (this.#changes.size <= WAITING_MAX) for (const resolve of this.#room.splice(0)) resolve();
    if (this.#settling.length === 0) return;
    const oldest = this.#oldest();
    const ready = this.#settling.filter(({ upTo }) => oldest > upTo);
    this.#settling = this.#settling.filter(({ upTo }) => oldest <= upTo);
    for (const { resolve } of ready) resolve();
  }
}

const nameOf = ({ key }: Pending): string => `${key.clusterId}/${nameOfKey(key)}`;

/** Postgres refuses the rows themselves: values it cannot hold (22), that break a rule (23) or are too large (54). */
const isOfTheRows = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(22|23|54)[0-9A-Z]{3}$/.test(String(error.code));
