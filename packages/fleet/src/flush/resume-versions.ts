import { type Database, readCursors, writeCursors } from "@flux-orchestrator/db";
import type { Lease } from "../lease.ts";
import type { FleetLog } from "../log.ts";

/** How often cursors are looked at, and how often that of one cluster is written at most; milliseconds. */
const EVERY_MS = 5_000;
const WRITE_MS = 60_000;

interface VersionsOptions {
  database: Database;
  lease: Lease;
  log: FleetLog;
  now: () => number;
  /** The number of the last put. */
  lastPut: (clusterId: string) => number;
  /** Whether every put of the cluster up to this number is in the database. */
  isStored: (clusterId: string, upTo: number) => boolean;
}

/** A version that a kind's watch has come to, and the put that has to be stored before it counts. */
interface Reached {
  version: string;
  put: number;
}

/** How far one kind of one cluster is stored. Versions are opaque and not compared: only their order of arrival counts. */
class KindVersions {
  stored: string | undefined;
  waiting: Reached | undefined;
  latest: Reached | undefined;

  settle(isStored: (upTo: number) => boolean): void {
    if (this.waiting === undefined || !isStored(this.waiting.put)) return;
    this.stored = this.waiting.version;
    this.waiting = undefined;
    if (this.latest === undefined) return;
    // What came while the one before waited.
    if (isStored(this.latest.put)) this.stored = this.latest.version;
    else this.waiting = this.latest;
    this.latest = undefined;
  }
}

/** What one cluster's kinds have reached. */
interface ClusterVersions {
  kinds: Map<string, KindVersions>;
  written: string;
  writtenAtMs: number;
}

/**
 * Where the watches of each cluster can go on after a restart without a list: for each kind the last version up to which
 * everything is stored. A row per cluster, written at most once a minute and at the end.
 */
export class ResumeVersions {
  readonly #clusters = new Map<string, ClusterVersions>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(readonly options: VersionsOptions) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.write(WRITE_MS));
    }, EVERY_MS);
  }

  /** The versions a former run of any process stored, by kind. */
  async read(clusterId: string): Promise<ReadonlyMap<string, string>> {
    return readCursors(this.options.database.sql, clusterId);
  }

  /** Everything of this kind up to this version was put. */
  reached(clusterId: string, kind: string, version: string): void {
    const of = this.#of(clusterId, kind);
    const reached = { version, put: this.options.lastPut(clusterId) };
    if (of.waiting === undefined) of.waiting = reached;
    else of.latest = reached;
  }

  /** A kind has to be listed anew: what it had reached before says nothing any more. */
  restart(clusterId: string, kind: string): void {
    this.#clusters.get(clusterId)?.kinds.delete(kind);
  }

  forget(clusterId: string): void {
    this.#clusters.delete(clusterId);
  }

  /** Writes what is new of clusters whose row is older than this. Never throws. */
  async write(olderThanMs: number): Promise<void> {
    const { database, lease, log, now } = this.options;
    const rows = [...this.#clusters].flatMap(([clusterId, cluster]) => {
      const fence = lease.fenceOf(clusterId);
      if (fence === undefined || now() - cluster.writtenAtMs < olderThanMs) return [];
      for (const kind of cluster.kinds.values()) kind.settle((upTo) => this.options.isStored(clusterId, upTo));
      const versions = Object.fromEntries(
        [...cluster.kinds].flatMap(([kind, { stored }]) => (stored === undefined ? [] : [[kind, stored]])),
      );
      const text = JSON.stringify(versions);
      return text === cluster.written ? [] : [{ ...fence, cluster, versions, text }];
    });
    if (rows.length === 0) return;
    try {
      await writeCursors(
        database.sql,
        rows.map(({ clusterId, epoch, versions }) => ({ clusterId, epoch, versions })),
      );
      for (const { cluster, text } of rows) Object.assign(cluster, { written: text, writtenAtMs: now() });
    } catch (error) {
      log.warn({ err: error }, "the versions watches go on from could not be stored; a restart lists more");
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.write(0);
  }

  #of(clusterId: string, kind: string): KindVersions {
    const cluster = this.#clusters.get(clusterId) ?? { kinds: new Map(), written: "", writtenAtMs: this.options.now() };
    this.#clusters.set(clusterId, cluster);
    const known = cluster.kinds.get(kind) ?? new KindVersions();
    cluster.kinds.set(kind, known);
    return known;
  }
}
