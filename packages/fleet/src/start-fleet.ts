import { DomainError } from "@flux-orchestrator/contract";
import { confirmClusters, type Database, type Keyring, openTransitionWeeks, recount } from "@flux-orchestrator/db";
import type { ClusterTarget, EgressPolicy, ExecCredential } from "@flux-orchestrator/k8s";
import { EventWriter } from "./events/event-writer.ts";
import { Feed } from "./feed.ts";
import { Flusher, WAITING_MAX } from "./flush/flusher.ts";
import { startRechecks } from "./flush/rechecks.ts";
import { Follower } from "./follow/follower.ts";
import { Lease } from "./lease.ts";
import type { FleetLog } from "./log.ts";
import { type FleetDepths, type FleetMetrics, NO_METRICS } from "./metrics.ts";
import type { FleetPort } from "./ports.ts";
import { purgeCluster, purgeLeftovers } from "./purge.ts";
import { Registrations, registeredClusters } from "./registrations.ts";
import { ResyncSchedule } from "./resync-schedule.ts";
import { ClusterStatuses } from "./watch/cluster-status.ts";
import { ClusterWatcher } from "./watch/cluster-watcher.ts";
import { PageGate } from "./watch/page-gate.ts";

export interface FleetOptions {
  database: Database;
  keyring: Keyring;
  egress: EgressPolicy;
  log: FleetLog;
  /** Told of everything that is counted; nobody unless given. */
  metrics?: FleetMetrics;
  /** How often every cluster is listed again and probed, minutes. */
  syncIntervalMinutes: () => Promise<number>;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Gives the credential of a target that is not in it: an exec plugin's, or the service account's. */
  credentialOf?: (target: ClusterTarget) => Promise<ExecCredential>;
}

/** The clusters this process watches. */
export interface Fleet extends FleetPort {
  /** Lists and probes the clusters that are due. Called every minute; never throws. */
  periodic(): Promise<void>;
  /** How full it is at this moment. */
  depths(): FleetDepths;
  /** Ends every watch, stores what waits, gives the clusters back. */
  stop(): Promise<void>;
}

/** Clusters begin one after the other, this many milliseconds apart: 1,000 of them within 5 s. */
const STAGGER_MS = 5;
/** How often `confirmed_at` of the clusters that are live is moved on. */
const CONFIRM_MS = 15_000;
/** How late at most a run that did not come is noticed. */
const OVERDUE_EVERY_MS = 1_000;
/** How many clusters are listed again at once. */
const RESYNC_PARALLEL = 4;

/** Starts watching every registered cluster. All can be asked once this resolves; their watches begin one by one. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { database, log, metrics = NO_METRICS } = options;
  const now = options.now ?? Date.now;
  const replicaId = crypto.randomUUID();
  const lease = new Lease({ database, replicaId, log, onLost: lost });
  const feed = new Feed(database, log, metrics);
  const watchers = new Map<string, ClusterWatcher>();
  /** Watchers that wait for the one before to end. */
  const changing = new Set<Promise<void>>();
  let stopped = false;
  const flusher = new Flusher({
    database,
    lease,
    log,
    metrics,
    now,
    onWritten: () => feed.announce(),
    onLost: lost,
  });
  const eventWriter = new EventWriter({ database, lease, log });
  /** Another process owns it now; the watcher claims it again when that one is gone. */
  function lost(clusterId: string): void {
    log.warn({ clusterId }, "another process has taken a cluster over");
    lease.release(clusterId);
    flusher.forget(clusterId);
    restart(clusterId);
  }
  const statuses = new ClusterStatuses({ database, log, onWritten: () => feed.announce() });
  const pages = new PageGate();
  const must = (clusterId: string): ClusterWatcher => {
    const watcher = watchers.get(clusterId);
    if (watcher === undefined) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
    return watcher;
  };
  const follower = new Follower({
    database,
    log,
    metrics,
    now,
    connection: async (clusterId) => (await found(clusterId)).link.connection(),
    announce: () => feed.announce(),
  });

  const create = (clusterId: string, confirmedAt: Date | null, listsAnew = false): ClusterWatcher => {
    const watcher = new ClusterWatcher({
      clusterId,
      listsAnew,
      database,
      keyring: options.keyring,
      egress: options.egress,
      flusher,
      eventWriter,
      lease,
      log,
      metrics,
      now,
      statuses,
      pages,
      ...(options.credentialOf === undefined ? {} : { credentialOf: options.credentialOf }),
      onObject: (id, key, object) => follower.onObject(id, key, object),
    });
    watcher.inherit(confirmedAt);
    watchers.set(clusterId, watcher);
    return watcher;
  };
  /** The new one begins when the old one has said its last word. */
  function restart(clusterId: string, listsAnew = false): void {
    const before = watchers.get(clusterId);
    if (before === undefined || stopped) return;
    const next = create(clusterId, new Date(now()), listsAnew);
    const change = before.stop().then(() => {
      flusher.versions.forget(clusterId);
      next.start();
    });
    changing.add(change);
    void change.finally(() => changing.delete(change));
  }

  /** Its rows are dropped by the process that removed it. */
  async function forget(clusterId: string): Promise<void> {
    const watcher = watchers.get(clusterId);
    watchers.delete(clusterId);
    follower.forget(clusterId);
    await watcher?.stop();
    flusher.forget(clusterId);
    lease.release(clusterId);
    metrics.removed(clusterId);
  }

  const registrations = new Registrations({
    ...{ database, log, watched: watchers },
    onAdded: (clusterId, confirmedAt) => create(clusterId, confirmedAt).start(),
    onChanged: (clusterId) => restart(clusterId, true),
    onRemoved: forget,
  });
  /** Rows are older than what is known of them here: every cluster that is registered now is claimed and listed anew. */
  async function restored(): Promise<void> {
    log.warn({}, "the database was restored; every cluster is listed anew");
    await registrations.look();
    for (const clusterId of [...watchers.keys()]) {
      lease.release(clusterId);
      flusher.forget(clusterId);
      restart(clusterId, true);
    }
  }

  /** Another process may have registered it a moment ago. */
  const found = async (clusterId: string): Promise<ClusterWatcher> => {
    if (!watchers.has(clusterId)) await registrations.look([clusterId]);
    return must(clusterId);
  };

  await openTransitionWeeks(database.sql, now());
  await lease.start();
  await feed.start();
  feed.onRestored(() => void restored());
  flusher.start();
  eventWriter.start();
  const looking = setInterval(() => {
    for (const watcher of watchers.values()) watcher.tellOverdue();
  }, OVERDUE_EVERY_MS);
  const confirming = setInterval(() => {
    const confirmed = [...watchers].flatMap(([clusterId, { heardAtMs }]) =>
      heardAtMs === undefined || heardAtMs === 0 ? [] : [{ clusterId, at: new Date(heardAtMs).toISOString() }],
    );
    confirmClusters(database.sql, confirmed).catch((error: unknown) =>
      log.warn({ err: error }, "how new the clusters' states are could not be stored"),
    );
  }, CONFIRM_MS);
  const stopRechecks = startRechecks({
    database,
    flusher,
    now,
    log,
    clusterIds: () => [...watchers].flatMap(([id, { isLive }]) => (isLive ? id : [])),
  });
  const clusters = await registeredClusters(database);
  const waiting = clusters.map(({ id, confirmedAt }) => create(id, confirmedAt));
  const unsubscribe = feed.subscribe(registrations.heard);
  const starting = startAll().catch((error: unknown) =>
    log.warn({ err: error }, "open reconciles and removed clusters could not be looked for"),
  );

  async function startAll(): Promise<void> {
    if (clusters.length > 0)
      await lease
        .claim(...clusters.map(({ id }) => id))
        // Each watcher claims its own again, until it has it.
        .catch((error: unknown) => log.warn({ err: error }, "the clusters could not be claimed together"));
    for (const watcher of waiting) {
      if (stopped) return;
      watcher.start();
      await Bun.sleep(STAGGER_MS);
    }
    if (stopped) return;
    // Those that were registered elsewhere while this process began to listen.
    await registrations.look();
    await follower.resume();
    await purgeLeftovers(database, log);
  }

  const resync = async (clusterId: string) => {
    const startedMs = performance.now();
    const listed = await (await found(clusterId)).resync();
    await flusher.settled(clusterId);
    metrics.resynced(performance.now() - startedMs);
    if (lease.fenceOf(clusterId) === undefined) return listed;
    const drift = await database.sql.begin((tx) => recount(tx, clusterId));
    metrics.countersCorrected(drift.length);
    if (drift.length > 0)
      log.error({ clusterId, drift }, "counters differed from the rows and were corrected: this is a bug");
    return listed;
  };

  const schedule = new ResyncSchedule({ intervalMinutes: options.syncIntervalMinutes, now });
  return {
    feed,
    cluster: async (clusterId) => (await found(clusterId)).link.connection(),
    added(clusterId) {
      if (!watchers.has(clusterId)) create(clusterId, null).start();
    },
    // Another cluster may answer at the new address.
    changed: (clusterId) => restart(clusterId, true),
    async removed(clusterId) {
      await forget(clusterId);
      void purgeCluster(database, clusterId).catch((error: unknown) =>
        log.warn({ err: error, clusterId }, "rows of a removed cluster could not be dropped"),
      );
    },
    resync,
    intervalChanged: () => schedule.follow(watchers.keys()),
    probe: async (clusterId) => (await found(clusterId)).probe(),
    refresh: async ({ clusterId, ...key }) => (await found(clusterId)).link.refresh(key),
    follow: (run, stored) => follower.follow(run, stored),
    async periodic() {
      await registrations.look();
      await schedule.follow(watchers.keys());
      const waiting = [...watchers].filter(([id]) => schedule.isDue(id));
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined && !stopped; next = waiting.shift()) {
          const [id, watcher] = next;
          schedule.begun(id);
          const { healthy } = await watcher.probe();
          // An unreachable cluster is tried by its own watcher all the time.
          if (healthy)
            await resync(id).catch((error: unknown) =>
              log.warn({ err: error, clusterId: id }, "a cluster could not be listed again"),
            );
        }
      };
      await Promise.all(Array.from({ length: RESYNC_PARALLEL }, work)).catch((error: unknown) =>
        log.warn({ err: error }, "the periodic work did not end well"),
      );
      await Promise.all([...watchers.values()].map((watcher) => watcher.rediscover().catch(() => {})));
      // What an earlier attempt could not do for want of a database.
      await Promise.all([follower.resume(), purgeLeftovers(database, log)]).catch((error: unknown) =>
        log.warn({ err: error }, "open reconciles and removed clusters could not be looked for"),
      );
    },
    depths: () => ({
      ...flusher.depths,
      waitingMax: WAITING_MAX,
      watches: [...watchers.values()].reduce((sum, watcher) => sum + watcher.watches, 0),
      following: follower.following,
      told: feed.told,
    }),
    async stop() {
      stopped = true;
      unsubscribe();
      await registrations.stop();
      const rechecked = stopRechecks();
      clearInterval(confirming);
      clearInterval(looking);
      await Promise.all([
        follower.stop(),
        starting,
        ...[...watchers.values()].map((watcher) => watcher.stop()),
        ...changing,
      ]);
      await flusher.stop();
      await eventWriter.stop();
      await rechecked;
      await feed.stop();
      await lease.stop().catch((error: unknown) => log.warn({ err: error }, "the lease could not be given back"));
    },
  };
}
