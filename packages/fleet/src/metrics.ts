import type { ChangeClass } from "@flux-orchestrator/flux";

/** What a watch tells of an object: a state of it, classed by what moved since the one before, or its end. */
export type EventClass = ChangeClass | "deleted";

/**
 * Why a kind was listed anew. `start`: the process began to watch the cluster. `resync`: somebody or the clock asked for it.
 * `kinds`: the cluster serves other kinds than before. `reconnect`: it could not be read, or said nothing for too long.
 * `gone`: the version of a watch was compacted away.
 */
export type RelistReason = "start" | "resync" | "kinds" | "reconnect" | "gone";

/** One attempt to store a batch. */
export interface FlushFacts {
  /** Changes in the batch. */
  changes: number;
  /** Rows written or deleted; 0 when nothing was stored. */
  written: number;
  ms: number;
  /** It is repeated as it is. */
  failed: boolean;
}

/** What the fleet tells of its work as it happens. Every method is cheap and never throws. */
export interface FleetMetrics {
  /** A watch told of an object. */
  event(kind: string, change: EventClass): void;
  /** Objects came in a page of a list. */
  listed(kind: string, count: number): void;
  /** One kind was listed to its end. */
  relist(clusterId: string, reason: RelistReason): void;
  /** A list or a watch failed, or a cluster could not be connected to. `code`: the one of its problem, a closed set. */
  syncError(clusterId: string, code: string): void;
  /** A cluster was listed whole, and its rows were made equal to the list. */
  resynced(ms: number): void;
  flush(facts: FlushFacts): void;
  /** An object is left out until it changes: it cannot be read, or Postgres cannot hold it. */
  leftOut(reason: "unreadable" | "unstorable", count: number): void;
  /** Changes were told to the readers of the feed, this long after the transaction of the oldest began. */
  feedLag(ms: number): void;
  /** So many counters differed from the rows. */
  countersCorrected(count: number): void;
  /** A reconcile that was asked for here has ended. */
  reconciled(clusterId: string, kind: string, outcome: string): void;
  /** A cluster was removed: its figures end. */
  removed(clusterId: string): void;
}

export const NO_METRICS: FleetMetrics = {
  event() {},
  listed() {},
  relist() {},
  syncError() {},
  resynced() {},
  flush() {},
  leftOut() {},
  feedLag() {},
  countersCorrected() {},
  reconciled() {},
  removed() {},
};

/** How full the fleet is at this moment. */
export interface FleetDepths {
  /** Objects that wait to be stored; past `waitingMax` sockets are read no further. */
  readonly waiting: number;
  readonly waitingMax: number;
  /** Objects to be looked at again later. */
  readonly deferred: number;
  /** Open watches; each holds one request of the process. */
  readonly watches: number;
  /** Reconciles being followed. */
  readonly following: number;
  /** The last number of the change log that was told. */
  readonly told: number;
}
