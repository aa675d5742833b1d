import type { ClusterKind, ClusterProblem } from "@flux-orchestrator/contract";
import { appendLog, type Database } from "@flux-orchestrator/db";
import { pause, type Right } from "@flux-orchestrator/k8s";
import { FEED_CHANNEL } from "../feed.ts";
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

/**
 * Writes what the fleet knows of one cluster, one write after the other, and only what differs from the last. Every
 * difference a page shows is an entry of the change log; that time goes by is not.
 */
export class ClusterStatusWriter {
  #written: ClusterStatus = {};
  #waiting: ClusterStatus | undefined;
  #writing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(
    readonly database: Database,
    readonly clusterId: string,
    readonly log: FleetLog,
  ) {}

  /** Resolves when it is stored, or could not be; never rejects. */
  set(change: ClusterStatus): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#waiting = { ...this.#waiting, ...change };
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  /** Nothing is written once this resolves. What waits is tried once more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #drain(): Promise<void> {
    const { signal } = this.#closing;
    for (let change = this.#take(); change !== undefined; change = this.#take()) {
      try {
        await this.#write(change);
      } catch (error) {
        this.log.warn({ err: error, clusterId: this.clusterId }, "the state of a cluster could not be stored");
        if (signal.aborted) break;
        // What came meanwhile is newer.
        this.#waiting = { ...change, ...this.#waiting };
        await pause(500, signal);
      }
    }
    // In the turn that found nothing left: a change set in between would wait for the next one.
    this.#writing = undefined;
  }

  #take(): ClusterStatus | undefined {
    const change = this.#waiting;
    this.#waiting = undefined;
    return change;
  }

  async #write(change: ClusterStatus): Promise<void> {
    const news = Object.fromEntries(
      Object.entries(change).filter(
        ([field, value]) => JSON.stringify(value) !== JSON.stringify(this.#written[field as keyof ClusterStatus]),
      ),
    ) as ClusterStatus;
    const shown = Object.keys(news).some((field) => field !== "confirmedAtMs" && field !== "lastSeenAtMs");
    const { clusterId } = this;
    if (Object.keys(news).length === 0) return;
    await this.database.sql.begin(async (tx) => {
      const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));
      const columns = Object.fromEntries(
        Object.entries({
          status: news.status,
          stream: news.stream,
          kubernetes_version: news.kubernetesVersion,
          flux_version: news.fluxVersion,
          confirmed_at: time(news.confirmedAtMs),
          last_seen_at: time(news.lastSeenAtMs),
        }).filter(([, value]) => value !== undefined),
      );
      if (Object.keys(columns).length > 0) await tx`update clusters set ${tx(columns)} where id = ${clusterId}::uuid`;
      if (news.problem === null) await tx`update clusters set problem = null where id = ${clusterId}::uuid`;
      else if (news.problem !== undefined) {
        // A problem that stays the same keeps the time it began at.
        const { code } = news.problem;
        await tx`update clusters set problem = ${tx.json(news.problem)} || jsonb_build_object('since',
            case when problem->>'code' = ${code} then problem->>'since' else to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
          where id = ${clusterId}::uuid`;
      }
      if (news.rights !== undefined)
        await tx`update clusters set rights = ${tx.json(news.rights as never)} where id = ${clusterId}::uuid`;
      if (news.kinds !== undefined) {
        await tx`delete from cluster_kinds where cluster_id = ${clusterId}::uuid`;
        const rows = news.kinds.map((kind) => ({ cluster_id: clusterId, ...kind }));
        if (rows.length > 0) await tx`insert into cluster_kinds ${tx(rows)}`;
      }
      if (shown) await appendLog(tx, [{ subject: "cluster", op: "upsert", clusterId }]);
    });
    Object.assign(this.#written, news);
    if (shown) this.database.sql.notify(FEED_CHANNEL, "").catch(() => {});
  }
}
