import { Backoff, pause } from "@flux-orchestrator/k8s";
import { orAborted } from "../or-aborted.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import type { Pending } from "./pending.ts";
import { ResumeVersions } from "./resume-versions.ts";
import { sweep } from "./sweep.ts";

/** Two connections keep Postgres busy while the other's batch is made; more only wait for each other. */
const LANES = 2;
/** Beyond this many waiting objects the readers of sockets wait too: nothing is ever dropped. */
export const WAITING_MAX = 5_000;

export type FlusherOptions = LaneOptions;

/** The writer of this process over all its clusters. A cluster keeps to one lane, so that its changes stay in order. */
export class Flusher {
  readonly #lanes: readonly Lane[];
  readonly versions: ResumeVersions;
  #room: { clusterId: string; resolve: () => void }[] = [];

  constructor(readonly options: FlusherOptions) {
    this.#lanes = Array.from({ length: LANES }, () => new Lane(options, () => this.#tellRoom()));
    this.versions = new ResumeVersions({
      ...options,
      lastPut: (clusterId) => this.#laneOf(clusterId).lastPut,
      isStored: (clusterId, upTo) => this.#laneOf(clusterId).isStored(clusterId, upTo),
    });
  }

  start(): void {
    for (const lane of this.#lanes) lane.start();
    this.versions.start();
  }

  /** Objects that wait to be stored, and those to be looked at again later. */
  get depths(): { waiting: number; deferred: number } {
    return {
      waiting: this.#lanes.reduce((sum, lane) => sum + lane.size, 0),
      deferred: this.#lanes.reduce((sum, lane) => sum + lane.deferred, 0),
    };
  }

  /** Resolves at once while there is room for the cluster; else when there is again. */
  put(pending: Pending): Promise<void> | void {
    const { clusterId } = pending.key;
    this.#laneOf(clusterId).put(pending);
    if (this.#isFull(clusterId)) return new Promise((resolve) => this.#room.push({ clusterId, resolve }));
  }

  /**
   * Resolves when everything put so far, of one cluster or of all, is stored, or given up because its cluster is; what
   * comes later is not waited for.
   */
  async settled(clusterId?: string): Promise<void> {
    if (clusterId !== undefined) return this.#laneOf(clusterId).settled(clusterId);
    await Promise.all(this.#lanes.map((lane) => lane.settled()));
  }

  /** After a complete list: rows it did not contain go. */
  async sweep(
    of: { clusterId: string; group: string; kind: string },
    listed: readonly { namespace: string; name: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    await orAborted(this.settled(of.clusterId), signal);
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
    this.#laneOf(clusterId).forget(clusterId);
    this.versions.forget(clusterId);
    this.#tellRoom();
  }

  /** Stores what waits, then ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
    await this.versions.stop();
    for (const { resolve } of this.#room.splice(0)) resolve();
  }

  #laneOf(clusterId: string): Lane {
    return this.#lanes[Number.parseInt(clusterId.slice(0, 8), 16) % LANES] ?? this.#lanes[0]!;
  }

  /** When much waits, clusters that have more than their share of it are held back, and nobody else. */
  #isFull(clusterId: string): boolean {
    if (this.depths.waiting <= WAITING_MAX) return false;
    const clusters = this.#lanes.reduce((sum, lane) => sum + lane.clusters, 0);
    return this.#laneOf(clusterId).sizeOf(clusterId) > WAITING_MAX / clusters;
  }

  #tellRoom(): void {
    if (this.#room.length === 0) return;
    const waiting = this.#room;
    this.#room = [];
    for (const one of waiting)
      if (this.#isFull(one.clusterId)) this.#room.push(one);
      else one.resolve();
  }
}
