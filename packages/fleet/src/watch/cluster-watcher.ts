import { type ClusterProblem, DomainError } from "@flux-orchestrator/contract";
import { dropCursors, SealError } from "@flux-orchestrator/db";
import {
  Backoff,
  discoverFlux,
  KubeError,
  type PageTurns,
  pause,
  runReflector,
  type ServedKind,
  type Transport,
} from "@flux-orchestrator/k8s";
import { EventStreams } from "../events/event-streams.ts";
import type { EventWriter } from "../events/event-writer.ts";
import { nameOfKey } from "../flush/pending.ts";
import type { Lease } from "../lease.ts";
import type { FleetLog } from "../log.ts";
import type { FleetMetrics, RelistReason } from "../metrics.ts";
import { orAborted } from "../or-aborted.ts";
import { sweepAbsentKinds } from "./absent-kinds.ts";
import { ClusterLink, type LinkOptions } from "./cluster-link.ts";
import type { ClusterStatuses, ClusterStatusWriter } from "./cluster-status.ts";
import { KindStates } from "./kind-states.ts";
import { ObjectSink, type SinkOptions } from "./object-sink.ts";
import type { PageGate } from "./page-gate.ts";
import { ClusterPrints } from "./prints.ts";
import { problemOf } from "./problem-of.ts";
import { refuseHalfStarted } from "./refuse-half-started.ts";
import { watchControllers } from "./watch-controllers.ts";

/** A cluster from which nothing came for this long is asked whether it is there. */
const SILENCE_MS = 8_000;
const SILENCE_CHECK_MS = 2_000;
const KNOCK_MS = 5_000;
/** A cluster that was away has told what happened meanwhile within this time. */
const SURE_MS = 30_000;
/** How often a cluster that another process watches is asked for; the lease of a dead one ends within seconds. */
const CLAIM_MS = 1_000;
const ELSEWHERE = new DomainError("CLUSTER_UNHEALTHY", "Another process watches this cluster.", {
  hint: "It lists its clusters every few minutes by itself; try again there, or in a few seconds if it has just ended.",
});

export interface WatcherOptions extends LinkOptions {
  /** What an earlier watch came to means nothing for this one. */
  listsAnew: boolean;
  eventWriter: EventWriter;
  lease: Lease;
  log: FleetLog;
  metrics: FleetMetrics;
  now: () => number;
  statuses: ClusterStatuses;
  pages: PageGate;
}

/**
 * One cluster: the way to it, a reflector for each Flux kind it serves, and what is said of both. Everything of a
 * cluster ends with its watcher; none waits for another.
 */
export class ClusterWatcher {
  readonly status: ClusterStatusWriter;
  readonly #kinds = new KindStates();
  readonly link: ClusterLink;
  readonly #prints: ClusterPrints;
  readonly #turns: PageTurns;
  /** How far the watch of each kind came, by `<group>/<kind>`: the next one goes on from there. */
  #reached: Map<string, string> | undefined;
  /** The next round has to show that the rows are what the cluster has. */
  #proves = false;
  readonly #events: EventStreams;
  readonly #stopping = new AbortController();
  #round = new AbortController();
  #running: Promise<void> | undefined;
  #roundWaiters: {
    resolve: (listed: { count: number; failedKinds: string[] }) => void;
    reject: (error: unknown) => void;
  }[] = [];
  #everLive = false;
  #liveSinceMs = Number.POSITIVE_INFINITY;
  #confirmedAtMs = 0;
  #askedAtMs = 0;
  /** Why the kinds are listed in this round. */
  #reason: RelistReason = "start";

  constructor(readonly options: WatcherOptions) {
    this.status = options.statuses.of(options.clusterId);
    this.link = new ClusterLink(options, this.#stopping.signal);
    this.#prints = new ClusterPrints(options.clusterId);
    this.#turns = options.pages.ofCluster();
    this.#events = new EventStreams({ ...options, writer: options.eventWriter });
  }

  start(): void {
    // Stopped before it began.
    if (this.#stopping.signal.aborted) return;
    this.#running = this.#run().catch((error: unknown) => {
      this.options.log.error(
        { err: error, clusterId: this.options.clusterId },
        "a cluster's watcher ended unexpectedly",
      );
    });
  }

  /** Every kind was listed, and is watched or cannot be: what is stored is what the cluster has. */
  get isLive(): boolean {
    return this.#everLive && this.#kinds.failure === null && this.#kinds.complete;
  }

  /** It was so for a while: whatever the cluster had to tell was told, and its silence means something. */
  get isSure(): boolean {
    return this.isLive && this.options.now() - this.#liveSinceMs >= SURE_MS;
  }

  /** When it was last known that what is stored is what the cluster has; undefined while it is not. */
  get heardAtMs(): number | undefined {
    return this.isLive ? this.link.transport?.heardAtMs : undefined;
  }

  /** Has the runs that did not come stored, unless it is not known that their silence means something. */
  tellOverdue(): void {
    if (!this.isSure) return;
    for (const { key, dueMs } of this.#prints.takeOverdue(this.options.now()))
      void this.options.flusher.put({ change: "recheck", key, overdueAtMs: dueMs });
  }

  /** Watches that are open. */
  get watches(): number {
    return this.#kinds.open;
  }

  /** Ends every request and every write. Resolves when there are none left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#round.abort();
    this.#failRound(new KubeError("CLUSTER_UNREACHABLE", "The connection to the cluster was closed."));
    await this.#running;
    await this.#events.stop();
    this.#prints.clear();
    await this.status.close();
    this.link.close();
  }

  /** Lists every kind again from nothing; the watches begin anew. @throws KubeError when the cluster cannot be read */
  resync(): Promise<{ count: number; failedKinds: string[] }> {
    return new Promise((resolve, reject) => {
      this.#roundWaiters.push({ resolve, reject });
      this.#proves = true;
      this.#again("resync");
    });
  }

  /** Asks whether the API server answers, what it is, and what we may do there; stores it. */
  async probe(): Promise<{ healthy: boolean; problem: ClusterProblem | null }> {
    try {
      await this.status.set({
        status: "healthy",
        ...(await this.link.describe()),
        ...(this.#kinds.failure === null && this.#kinds.forbidden === null ? { problem: null } : {}),
      });
      return { healthy: true, problem: null };
    } catch (error) {
      const problem = problemOf(error);
      await this.status.set({ status: "unhealthy", problem });
      return { healthy: false, problem: { ...problem, since: new Date().toISOString() } };
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clusterId, lease, log, metrics } = this.options;
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
    while (!signal.aborted) {
      this.#round = new AbortController();
      const round = AbortSignal.any([signal, this.#round.signal]);
      try {
        if (lease.fenceOf(clusterId) === undefined) await lease.claim(clusterId);
        if (lease.fenceOf(clusterId) === undefined) {
          this.#failRound(ELSEWHERE);
          await pause(CLAIM_MS, round);
          continue;
        }
        const transport = await this.link.connect();
        if (!this.#everLive) await this.status.set({ stream: "syncing" });
        const served = await this.link.discover(transport);
        await refuseHalfStarted({ ...this.options, served, transport });
        await this.#remember(round);
        backoff.reset();
        await this.#watch(transport, served, round);
      } catch (error) {
        if (signal.aborted) return;
        // A new round was asked for: whoever waits, waits for that one.
        if (round.aborted) continue;
        const isLocked = error instanceof SealError;
        if (!(error instanceof KubeError) && !isLocked)
          log.warn({ err: error, clusterId }, "a cluster cannot be watched; it is tried again");
        this.#reason = "reconnect";
        const problem = problemOf(error);
        metrics.syncError(clusterId, problem.code);
        await this.status.set({
          status: "unhealthy",
          stream: isLocked ? "locked" : this.#staleOrNever(),
          problem,
          ...this.#confirmed(),
        });
        this.#failRound(error);
        await pause(
          isLocked ? 60_000 : backoff.next(error instanceof KubeError ? (error.retryAfterMs ?? 200) : 1_000),
          round,
        );
      }
    }
  }

  /**
   * Takes up what is stored: the rows, and the versions to which an earlier run of any process came. When the rows are to
   * be proved, they are read again and every kind is listed.
   */
  async #remember(round: AbortSignal): Promise<void> {
    // One asked for while the rest is read is the next round's.
    const proves = this.#proves;
    if (this.#reached !== undefined && !proves) return;
    const { clusterId, database, flusher, now } = this.options;
    const isOther = this.options.listsAnew && this.#reached === undefined;
    if (isOther) await dropCursors(database.sql, clusterId);
    await orAborted(flusher.settled(clusterId), round);
    this.#prints.clear();
    await this.#prints.load(database, now(), !isOther);
    this.#reached = new Map(proves ? [] : await flusher.versions.read(clusterId));
    if (proves) this.#proves = false;
  }

  /** Every served kind at once, until the round ends. */
  async #watch(transport: Transport, served: readonly ServedKind[], round: AbortSignal): Promise<void> {
    const { clusterId, log } = this.options;
    this.#kinds.restart(served);
    const sinkOptions = this.#sinkOptions(transport, round);
    if (served.length === 0) this.#update(transport);
    const silence = setInterval(() => void this.#listen(transport, round), SILENCE_CHECK_MS);
    sweepAbsentKinds({ ...this.options, served, transport, signal: round }).then(
      (complete) => {
        if (!complete) this.#lookAgain(round);
      },
      (error: unknown) => {
        if (!round.aborted)
          log.warn({ err: error, clusterId }, "kinds that are no longer served could not be looked for");
      },
    );
    try {
      await Promise.all([
        ...served.map((kind) => this.#reflect(transport, kind, sinkOptions)),
        watchControllers({ ...this.options, served, transport, signal: round }),
        pause(2 ** 31 - 1, round),
      ]);
    } finally {
      clearInterval(silence);
    }
  }

  /** One kind: from the version it came to, if it came to one. */
  async #reflect(transport: Transport, kind: ServedKind, options: SinkOptions): Promise<void> {
    const resourceVersion = this.#reached?.get(nameOfKind(kind));
    await runReflector({
      transport,
      served: kind,
      signal: options.signal,
      turns: this.#turns,
      sink: new ObjectSink(options, kind, resourceVersion !== undefined),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
  }

  /** What the sinks of a round's kinds tell us. */
  #sinkOptions(transport: Transport, round: AbortSignal): SinkOptions {
    const { clusterId, flusher, keyring, log, metrics, now } = this.options;
    const reached = this.#reached ?? new Map<string, string>();
    return {
      clusterId,
      flusher,
      prints: this.#prints,
      metrics,
      now,
      signal: round,
      hmac: (value) => keyring.hmac(value),
      onObject: (key, object) => {
        this.link.reads.told(nameOfKey(key));
        this.options.onObject(clusterId, key, object);
      },
      onReached: (kind, version) => {
        const name = nameOfKind(kind);
        if (version === null) {
          reached.delete(name);
          flusher.versions.restart(clusterId, name);
          return;
        }
        reached.set(name, version);
        flusher.versions.reached(clusterId, name, version);
      },
      onState: (kind, state, isResumed) => {
        if (round.aborted) return;
        this.#kinds.set(kind.kind, state);
        if ("error" in state) metrics.syncError(clusterId, state.error.code);
        // Its rows are what it had at that version, and the watch tells the rest.
        if (state.state === "live" && isResumed) this.#kinds.listed(kind.kind);
        // The CustomResourceDefinition went, or came back at another version: look again, and list what comes back.
        if (state.state === "absent") {
          reached.delete(nameOfKind(kind));
          this.#lookAgain(round);
        }
        this.#update(transport);
      },
      onListed: ({ kind }, why) => {
        // The last words of a round that is over say nothing of the next one.
        if (round.aborted) return;
        metrics.relist(clusterId, why === "gone" ? why : this.#reason);
        this.#kinds.listed(kind);
        this.#update(transport);
      },
      onUnreadable: ({ kind }, unreadable) => {
        metrics.leftOut("unreadable", unreadable.length);
        log.warn({ clusterId, kind, unreadable }, "objects that cannot be read are left out until they change");
      },
    };
  }

  /** Begins anew with what the cluster serves now, a little later: discovery lags behind. */
  #lookAgain(round: AbortSignal): void {
    const current = this.#round;
    void pause(1_000, round).then(() => {
      if (current === this.#round) this.#again("kinds");
    });
  }

  /** Ends this round; the next one asks what is served, and goes on where each kind was. */
  #again(reason: RelistReason): void {
    this.#reason = reason;
    this.#round.abort();
  }

  /** Begins anew when the cluster serves other kinds than are watched. @throws KubeError */
  async rediscover(): Promise<void> {
    const { transport, served: watched } = this.link;
    if (transport === undefined || watched === undefined) return;
    const nameOf = (kinds: readonly ServedKind[]) =>
      kinds
        .map(({ group, version, plural }) => `${plural}.${version}.${group}`)
        .sort()
        .join();
    if (nameOf(await discoverFlux(transport)) !== nameOf(watched)) this.#again("kinds");
  }

  /** Says what the kinds' states make of the cluster. */
  #update(transport: Transport): void {
    const failure = this.#kinds.failure;
    const { complete, forbidden } = this.#kinds;
    const kinds = this.#kinds.describe();
    if (failure !== null || !complete) this.#liveSinceMs = Number.POSITIVE_INFINITY;
    if (failure !== null) {
      void this.status.set({
        status: "unhealthy",
        stream: this.#staleOrNever(),
        problem: problemOf(failure),
        kinds,
        ...this.#confirmed(transport.heardAtMs),
      });
      if (!complete) this.#failRound(failure);
      return;
    }
    if (!complete) {
      if (!this.#everLive) void this.status.set({ stream: "syncing", kinds });
      return;
    }
    this.#everLive = true;
    this.#liveSinceMs = Math.min(this.#liveSinceMs, this.options.now());
    const served = this.link.served ?? [];
    this.#events.follow(transport, served);
    void this.status.set({
      status: forbidden === null ? "healthy" : "unhealthy",
      stream: "live",
      problem: forbidden === null ? null : problemOf(forbidden),
      kinds,
      lastSeenAtMs: transport.heardAtMs,
      ...this.#confirmed(Date.now()),
    });
    const count = this.#prints.count(served.map(({ kind }) => kind));
    const listed = { count, failedKinds: this.#kinds.failedKinds };
    for (const { resolve } of this.#roundWaiters.splice(0)) resolve(listed);
  }

  /** Nothing came for a while: a dead peer says nothing, so it is asked. */
  async #listen(transport: Transport, round: AbortSignal): Promise<void> {
    if (Date.now() - Math.max(transport.heardAtMs, this.#askedAtMs) < SILENCE_MS || this.#kinds.failure !== null)
      return;
    // Asked once at a time: the next question comes only after another silence.
    this.#askedAtMs = Date.now();
    const { heardAtMs } = transport;
    try {
      await transport.probe({ timeoutMs: KNOCK_MS, signal: round });
    } catch (error) {
      if (round.aborted || !(error instanceof KubeError) || error.status !== undefined) return;
      await this.status.set({
        status: "unhealthy",
        stream: this.#staleOrNever(),
        problem: problemOf(error),
        ...this.#confirmed(heardAtMs),
      });
      // The streams are as dead as the answer: begin anew.
      this.#again("reconnect");
    }
  }

  #confirmed(atMs?: number): { confirmedAtMs?: number } {
    if (atMs !== undefined && atMs > 0 && this.#everLive) this.#confirmedAtMs = atMs;
    return this.#confirmedAtMs === 0 ? {} : { confirmedAtMs: this.#confirmedAtMs };
  }

  /** What a broken stream is called: rows of an earlier run of this process are old too. */
  #staleOrNever(): "stale" | "never" {
    return this.#everLive || this.#hadRows ? "stale" : "never";
  }
  #hadRows = false;

  /** Rows are left of an earlier run: without a living stream they are old, not absent. */
  inherit(confirmedAt: Date | null): void {
    this.#hadRows = confirmedAt !== null;
  }

  #failRound(error: unknown): void {
    for (const { reject } of this.#roundWaiters.splice(0)) reject(error);
  }
}

/** How the version a kind came to is kept. */
const nameOfKind = ({ group, kind }: ServedKind): string => `${group}/${kind}`;
