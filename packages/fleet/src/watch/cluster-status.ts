import type { ClusterKind, ClusterProblem } from "@flux-orchestrator/contract";
import { type ClusterStatusWrite, type Database, writeClusterStatuses } from "@flux-orchestrator/db";
import type { Right } from "@flux-orchestrator/k8s";
import type { FleetLog } from "../log.ts";

/** What the fleet says of a cluster; absent fields stay as they are. */
export interface ClusterStatus {
  status?: "healthy" | "unhealthy";
  stream?: "syncing" | "live" | "stale" | "never" | "locked";
  problem?: Omit<ClusterProblem, "since"> | null;
  kubernetesVersion?: string;
  fluxVersion?: string | null;
  rights?: Right[];
  kinds?: ClusterKind[];
  confirmedAtMs?: number;
  lastSeenAtMs?: number;
}

/** Clusters of one write. */
const CLUSTERS_MAX = 200;
/** What is said within this time shares a write. */
const GATHER_MS = 10;
const RETRY_MS = 500;

interface Options {
  database: Database;
  log: FleetLog;
  /** Called after a commit that a page shows something of. */
  onWritten: () => void;
}

/** What is said of one cluster. */
export interface ClusterStatusWriter {
  /** Resolves when it is stored, or could not be; never rejects. */
  set(change: ClusterStatus): Promise<void>;
  /** Nothing is written once this resolves. What waits is tried once more. */
  close(): Promise<void>;
}

interface State {
  readonly clusterId: string;
  readonly written: ClusterStatus;
  waiting: ClusterStatus;
  waiters: (() => void)[];
  closed: boolean;
}

/**
 * Writes what the fleet knows of its clusters: many in one transaction, of each only what differs from its last. Every
 * difference a page shows is an entry of the change log; that time goes by is not.
 */
export class ClusterStatuses {
  readonly #dirty = new Set<State>();
  #running: Promise<void> | undefined;

  constructor(readonly options: Options) {}

  of(clusterId: string): ClusterStatusWriter {
    const state: State = { clusterId, written: {}, waiting: {}, waiters: [], closed: false };
    return {
      set: (change) => (state.closed ? Promise.resolve() : this.#set(state, change)),
      close: async () => {
        const stored = this.#set(state, {});
        state.closed = true;
        await stored;
      },
    };
  }

  #set(state: State, change: ClusterStatus): Promise<void> {
    Object.assign(state.waiting, change);
    this.#dirty.add(state);
    this.#running ??= this.#run();
    return new Promise((resolve) => state.waiters.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#dirty.size > 0) {
      await Bun.sleep(GATHER_MS);
      const states = [...this.#dirty].slice(0, CLUSTERS_MAX);
      for (const state of states) this.#dirty.delete(state);
      await this.#write(states);
    }
    // In the turn that found nothing left: a change set in between would wait for the next one.
    this.#running = undefined;
  }

  async #write(states: readonly State[]): Promise<void> {
    const taken = states.map((state) => {
      const { waiting, waiters } = state;
      Object.assign(state, { waiting: {}, waiters: [] });
      return { state, news: differing(waiting, state.written), waiters };
    });
    const writes = taken.flatMap(({ state, news }) =>
      Object.keys(news).length === 0 ? [] : [writeOf(state.clusterId, news)],
    );
    try {
      if (writes.length > 0) await writeClusterStatuses(this.options.database.sql, writes);
    } catch (error) {
      const clusterIds = writes.map(({ clusterId }) => clusterId);
      this.options.log.warn({ err: error, clusterIds }, "the state of clusters could not be stored");
      await Bun.sleep(RETRY_MS);
      for (const { state, news, waiters } of taken) {
        // What came meanwhile is newer; a closed one was tried once more.
        state.waiting = { ...news, ...state.waiting };
        if (state.closed) for (const resolve of [...waiters, ...state.waiters.splice(0)]) resolve();
        else {
          state.waiters.unshift(...waiters);
          this.#dirty.add(state);
        }
      }
      return;
    }
    if (writes.some(({ isShown }) => isShown)) this.options.onWritten();
    for (const { state, news, waiters } of taken) {
      Object.assign(state.written, news);
      for (const resolve of waiters) resolve();
    }
  }
}

const differing = (change: ClusterStatus, written: ClusterStatus): ClusterStatus =>
  Object.fromEntries(
    Object.entries(change).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(written[field as keyof ClusterStatus]),
    ),
  );

function writeOf(clusterId: string, { confirmedAtMs, lastSeenAtMs, ...shown }: ClusterStatus): ClusterStatusWrite {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    clusterId,
    ...shown,
    confirmedAt: time(confirmedAtMs),
    lastSeenAt: time(lastSeenAtMs),
    isShown: Object.keys(shown).length > 0,
  };
}
