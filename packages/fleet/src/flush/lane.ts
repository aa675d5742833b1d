import { type Database, type Fence, isOfTheRows, type ResourceKey } from "@flux-orchestrator/db";
import { Backoff, pause } from "@flux-orchestrator/k8s";
import type { Lease } from "../lease.ts";
import type { FleetLog } from "../log.ts";
import type { FleetMetrics } from "../metrics.ts";
import { nameOfKey, type Pending } from "./pending.ts";
import { type WaitingChange, WaitingChanges } from "./waiting-changes.ts";
import { type BatchOutcome, writeBatch } from "./write-batch.ts";

const ROWS_MAX = 500;
/**
 * Flushes begin so far apart: what comes meanwhile shares a transaction, which costs much more than one more row in it. A
 * change that comes alone waits for those that come with it, no longer.
 */
const APART_MS = 40;
const TOGETHER_MS = 5;
/** How long an end waits for what is not stored yet. */
const STOP_MS = 3_000;

export interface LaneOptions {
  database: Database;
  lease: Lease;
  log: FleetLog;
  metrics: FleetMetrics;
  now: () => number;
  /** Called after a commit that wrote something. */
  onWritten: () => void;
  onLost: (clusterId: string) => void;
}

/** A state that waits to be stored until its time has come. */
interface Deferred extends WaitingChange {
  timer: ReturnType<typeof setTimeout>;
}

/** One writer over one connection: takes what waits, of all its clusters in turn, into small transactions. */
export class Lane {
  readonly #changes = new WaitingChanges();
  /** By cluster and name. */
  readonly #again = new Map<string, Map<string, Deferred>>();
  #deferred = 0;
  readonly #stopping = new AbortController();
  #inFlight: readonly WaitingChange[] = [];
  #wake: (() => void) | undefined;
  #settling: { clusterId: string | undefined; upTo: number; resolve: () => void }[] = [];
  #running: Promise<void> | undefined;

  /** @param onProgress called after every attempt: what waited may be stored now */
  constructor(
    readonly options: LaneOptions,
    readonly onProgress: () => void,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  get size(): number {
    return this.#changes.size + this.#inFlight.length;
  }
  get clusters(): number {
    return this.#changes.clusters;
  }
  /** States that wait for their half minute. */
  get deferred(): number {
    return this.#deferred;
  }
  get lastPut(): number {
    return this.#changes.lastPut;
  }
  sizeOf(clusterId: string): number {
    return this.#changes.sizeOf(clusterId);
  }

  put(pending: Pending): void {
    // What waits to be stored later is newer than the document a look at the clock would judge.
    const latest = pending.change === "recheck" ? (this.#againOf(pending.key)?.pending ?? pending) : pending;
    if (latest.change !== "recheck") this.#cancelAgain(pending.key);
    this.#changes.put(latest);
    this.#wake?.();
  }

  /** Resolves when everything put so far, of one cluster or of all, is stored or given up; what comes later is not waited for. */
  settled(clusterId?: string): Promise<void> {
    const upTo = this.#changes.lastPut;
    if (this.#oldest(clusterId) > upTo) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push({ clusterId, upTo, resolve }));
  }

  /** Whether every put of a cluster up to this number is in the database, the deferred ones too. */
  isStored(clusterId: string, upTo: number): boolean {
    if (this.#oldest(clusterId) <= upTo) return false;
    for (const { put } of this.#again.get(clusterId)?.values() ?? []) if (put <= upTo) return false;
    return true;
  }

  /** Forgets what waits for a cluster that is gone. */
  forget(clusterId: string): void {
    this.#changes.forget(clusterId);
    for (const { pending } of [...(this.#again.get(clusterId)?.values() ?? [])]) this.#cancelAgain(pending.key);
    this.#tellSettled();
  }

  /** Stores what waits, then ends. */
  async stop(): Promise<void> {
    for (const cluster of this.#again.values()) for (const { timer } of cluster.values()) clearTimeout(timer);
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
    for (const { resolve } of this.#settling.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff({ baseMs: 200, maxMs: 10_000 });
    let beganMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      if (this.#changes.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        if (signal.aborted) return;
      }
      const sinceMs = performance.now() - beganMs;
      if (this.#changes.size < ROWS_MAX) await pause(Math.max(TOGETHER_MS, APART_MS - sinceMs), signal);
      beganMs = performance.now();
      this.#inFlight = this.#changes.take(ROWS_MAX);
      const failed = await this.#flush(this.#inFlight);
      if (failed) this.#changes.putBack(this.#inFlight);
      this.#inFlight = [];
      this.#tellSettled();
      this.onProgress();
      if (failed) await pause(backoff.next(200), signal);
      else backoff.reset();
    }
  }

  /** @returns whether it failed and has to be repeated */
  async #flush(batch: readonly WaitingChange[]): Promise<boolean> {
    if (batch.length === 0) return false;
    const { database, lease, log, metrics, now } = this.options;
    const fences = [...new Set(batch.map(({ pending }) => pending.key.clusterId))]
      .map((id) => lease.fenceOf(id))
      .filter((held): held is Fence => held !== undefined);
    const startedMs = performance.now();
    const tell = (written: number, failed: boolean) =>
      metrics.flush({ changes: batch.length, written, ms: performance.now() - startedMs, failed });
    try {
      const pendings = batch.map(({ pending }) => pending);
      const outcome = await writeBatch(database, pendings, { fences, nowMs: now() });
      tell(outcome.written, false);
      this.#ended(outcome, batch);
      return false;
    } catch (error) {
      const refused = isOfTheRows(error);
      tell(0, !refused);
      if (refused) return this.#flushApart(batch, error);
      log.warn({ err: error, rows: batch.length }, "a flush failed; it is repeated");
      return true;
    }
  }

  /** One object that Postgres cannot hold must not keep back the others: halves, until it is alone and given up. */
  async #flushApart(batch: readonly WaitingChange[], error: unknown): Promise<boolean> {
    if (batch.length === 1) {
      this.options.metrics.leftOut("unstorable", 1);
      this.options.log.error(
        { err: error, ...batch[0]?.pending.key },
        "an object cannot be stored; it is left out until it changes",
      );
      return false;
    }
    const middle = batch.length >> 1;
    const first = await this.#flush(batch.slice(0, middle));
    const second = await this.#flush(batch.slice(middle));
    return first || second;
  }

  #ended({ again, lost, written }: BatchOutcome, batch: readonly WaitingChange[]): void {
    for (const clusterId of lost) this.options.onLost(clusterId);
    const puts = new Map(again.length === 0 ? [] : batch.map(({ pending, put }) => [pending, put]));
    for (const { pending, atMs } of again) this.#lookAgain({ pending, put: puts.get(pending)! }, atMs);
    if (written > 0) this.options.onWritten();
  }

  /** Puts an object back in when its time has come, unless something newer did. */
  #lookAgain({ pending, put }: WaitingChange, atMs: number): void {
    // What came while it was being written is newer already.
    if (this.#changes.hasNews(pending.key)) return;
    this.#cancelAgain(pending.key);
    const timer = setTimeout(
      () => {
        this.#cancelAgain(pending.key);
        this.put(pending);
      },
      Math.max(50, atMs - this.options.now()),
    );
    timer.unref();
    const { clusterId } = pending.key;
    const cluster = this.#again.get(clusterId) ?? new Map<string, Deferred>();
    this.#again.set(clusterId, cluster);
    cluster.set(nameOfKey(pending.key), { pending, put, timer });
    this.#deferred++;
  }

  #againOf(key: ResourceKey): Deferred | undefined {
    return this.#again.get(key.clusterId)?.get(nameOfKey(key));
  }

  #cancelAgain(key: ResourceKey): void {
    const deferred = this.#againOf(key);
    if (deferred === undefined) return;
    clearTimeout(deferred.timer);
    const cluster = this.#again.get(key.clusterId);
    cluster?.delete(nameOfKey(key));
    if (cluster?.size === 0) this.#again.delete(key.clusterId);
    this.#deferred--;
  }

  /** The number of the oldest put, of one cluster or of all, that is on its way to the database. */
  #oldest(clusterId?: string): number {
    let oldest = this.#changes.oldestPut(clusterId);
    for (const { pending, put } of this.#inFlight)
      if (clusterId === undefined || pending.key.clusterId === clusterId) oldest = Math.min(oldest, put);
    return oldest;
  }

  #tellSettled(): void {
    if (this.#settling.length === 0) return;
    const waiting = this.#settling;
    this.#settling = [];
    for (const one of waiting)
      if (this.#oldest(one.clusterId) > one.upTo) one.resolve();
      else this.#settling.push(one);
  }
}
