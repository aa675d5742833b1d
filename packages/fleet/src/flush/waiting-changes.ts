import type { ResourceKey } from "@flux-orchestrator/db";
import { nameOfKey, type Pending } from "./pending.ts";

/** A change that is not stored yet. */
export interface WaitingChange {
  readonly pending: Pending;
  /** The number of the first put of its object that is not stored yet. */
  readonly put: number;
}

/** The dirty map over clusters. Of each object only the last state waits; each keeps its place in the queue. */
export class WaitingChanges {
  /** By cluster, in the order of their turns. */
  readonly #dirty = new Map<string, Map<string, WaitingChange>>();
  #size = 0;
  #lastPut = 0;

  get size(): number {
    return this.#size;
  }

  /** How many clusters have something waiting. */
  get clusters(): number {
    return this.#dirty.size;
  }

  sizeOf(clusterId: string): number {
    return this.#dirty.get(clusterId)?.size ?? 0;
  }

  /** Puts are numbered, so that somebody can wait for all that came before him and for nothing else. */
  get lastPut(): number {
    return this.#lastPut;
  }

  put(pending: Pending): void {
    const put = ++this.#lastPut;
    const known = this.#of(pending.key);
    // A look at the clock never replaces news, nor one that knows more.
    if (known !== undefined && pending.change === "recheck" && !saysMore(pending, known.pending)) return;
    this.#set({ pending, put: known?.put ?? put });
  }

  /** Puts back what could not be stored, unless something newer came meanwhile. */
  putBack(changes: readonly WaitingChange[]): void {
    for (const change of changes) {
      const known = this.#of(change.pending.key);
      const isNewer =
        known !== undefined && (known.pending.change !== "recheck" || change.pending.change === "recheck");
      this.#set({ pending: isNewer ? known.pending : change.pending, put: change.put });
    }
  }

  /** Up to `max` changes, one of each cluster in turn; who had a turn comes last in the next. */
  take(max: number): WaitingChange[] {
    const taken: WaitingChange[] = [];
    while (taken.length < max) {
      const [turn] = this.#dirty;
      if (turn === undefined) break;
      const [clusterId, cluster] = turn;
      const [first] = cluster;
      this.#dirty.delete(clusterId);
      if (first === undefined) continue;
      taken.push(first[1]);
      cluster.delete(first[0]);
      if (cluster.size > 0) this.#dirty.set(clusterId, cluster);
    }
    this.#size -= taken.length;
    return taken;
  }

  forget(clusterId: string): void {
    this.#size -= this.sizeOf(clusterId);
    this.#dirty.delete(clusterId);
  }

  /** Whether a state of this object waits, not only a look at the clock. */
  hasNews(key: ResourceKey): boolean {
    const waiting = this.#of(key);
    return waiting !== undefined && waiting.pending.change !== "recheck";
  }

  /** The number of the oldest put that waits, of one cluster or of all; infinity when nothing waits. */
  oldestPut(clusterId?: string): number {
    const clusters = clusterId === undefined ? this.#dirty.values() : [this.#dirty.get(clusterId)];
    let oldest = Number.POSITIVE_INFINITY;
    for (const cluster of clusters)
      if (cluster !== undefined) for (const { put } of cluster.values()) oldest = Math.min(oldest, put);
    return oldest;
  }

  #of(key: ResourceKey): WaitingChange | undefined {
    return this.#dirty.get(key.clusterId)?.get(nameOfKey(key));
  }

  #set(change: WaitingChange): void {
    const { key } = change.pending;
    const cluster = this.#dirty.get(key.clusterId) ?? new Map<string, WaitingChange>();
    this.#dirty.set(key.clusterId, cluster);
    const name = nameOfKey(key);
    if (!cluster.has(name)) this.#size++;
    cluster.set(name, change);
  }
}

const saysMore = (next: Pending, waiting: Pending): boolean =>
  next.change === "recheck" && waiting.change === "recheck" && next.overdueAtMs !== undefined;
