import { hostname } from "node:os";
import { claimClusters, type Database, type Fence } from "@flux-orchestrator/db";
import type { FleetLog } from "./log.ts";

/** A replica that has not been heard of for this long is dead, milliseconds by the database's clock. */
const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
const GATHER_MS = 10;

export interface LeaseOptions {
  database: Database;
  replicaId: string;
  log: FleetLog;
  /** Another process owns this cluster now. */
  onLost: (clusterId: string) => void;
}

/**
 * The right of this process to write for clusters: one expiring row for the process, one owner row for each cluster.
 * Every flush is fenced by the epoch in which its cluster was claimed.
 */
export class Lease {
  readonly #fences = new Map<string, Fence>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<void> | undefined;
  #claiming: { clusterIds: Set<string>; done: Promise<void> } | undefined;

  constructor(readonly options: LeaseOptions) {}

  /** Registers this process and keeps its row alive. */
  async start(): Promise<void> {
    await this.#renew();
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renew()
        .catch((error: unknown) => this.options.log.warn({ err: error }, "the lease could not be renewed"))
        .finally(() => {
          this.#renewing = undefined;
        });
    }, RENEW_MS);
  }

  /**
   * Makes this process the owner of clusters, wherever no other living process is. What is asked for within a moment is
   * asked in one go: whoever waits for a thousand clusters of another process asks for each of them every second.
   */
  claim(...clusterIds: readonly string[]): Promise<void> {
    this.#claiming ??= { clusterIds: new Set(), done: Bun.sleep(GATHER_MS).then(() => this.#claimGathered()) };
    for (const id of clusterIds) this.#claiming.clusterIds.add(id);
    return this.#claiming.done;
  }

  async #claimGathered(): Promise<void> {
    const wanted = [...(this.#claiming?.clusterIds ?? [])];
    this.#claiming = undefined;
    for (const fence of await claimClusters(this.options.database.sql, this.options.replicaId, wanted))
      this.#fences.set(fence.clusterId, fence);
  }

  /** The epoch in which we own a cluster; undefined when we do not. */
  fenceOf(clusterId: string): Fence | undefined {
    return this.#fences.get(clusterId);
  }

  release(clusterId: string): void {
    this.#fences.delete(clusterId);
  }

  /** Gives everything back at once, so that the next process need not wait for the expiry. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#fences.clear();
    // A renewal on its way would bring the row back.
    await this.#renewing;
    await this.options.database.sql`delete from replicas where id = ${this.options.replicaId}::uuid`;
  }

  async #renew(): Promise<void> {
    const { database, replicaId } = this.options;
    const [row] = await database.sql<{ wasAlive: boolean | null }[]>`
      with before as (select expires_at > clock_timestamp() as alive from replicas where id = ${replicaId}::uuid)
      insert into replicas (id, host, pid, expires_at)
      values (${replicaId}::uuid, ${hostname()}, ${process.pid}, clock_timestamp() + ${LEASE_MS} * interval '1 millisecond')
      on conflict (id) do update set expires_at = excluded.expires_at
      returning (select alive from before) as "wasAlive"`;
    // We were taken for dead: a cluster without news would otherwise never notice that it has another owner.
    if (row?.wasAlive !== true) await this.#tellLost();
  }

  async #tellLost(): Promise<void> {
    const { database, replicaId, onLost } = this.options;
    const owned = await database.sql<Fence[]>`
      select cluster_id::text as "clusterId", epoch::float8 as epoch from cluster_owners where owner = ${replicaId}::uuid`;
    const epochs = new Map(owned.map(({ clusterId, epoch }) => [clusterId, epoch]));
    for (const { clusterId, epoch } of this.#fences.values()) if (epochs.get(clusterId) !== epoch) onLost(clusterId);
  }
}
