import type { Database } from "@flux-orchestrator/db";
import { type ChangeClass, hashOf, type NormalisedObject, OVERDUE, overdueAfterMs } from "@flux-orchestrator/flux";
import { isOlderVersion } from "./older-version.ts";
import type { OverdueWheel, Run } from "./overdue-wheel.ts";

/** Enough of an object to know whether it changed, in a few dozen bytes. */
interface Print {
  /** resourceVersion. */
  version: string;
  /** Of the uid and what is news whenever it changes. */
  news: number;
  /** Of the conditions. */
  flaps: number;
  /** Of kinds whose runs leave a trace. */
  run: Run | undefined;
}

/** Rows do not say how long a run may take, seconds. */
const TIMEOUT_UNKNOWN_S = 3_600;

/**
 * What is known of every object of one cluster, by kind. It outlives the watches, so that a list that finds nothing new
 * costs a look at each object's version; it never holds the objects themselves.
 */
export class ClusterPrints {
  readonly #kinds = new Map<string, Map<string, Print>>();

  constructor(
    readonly clusterId: string,
    readonly wheel: OverdueWheel,
  ) {}

  /** How many objects of these kinds there are. */
  count(kinds: readonly string[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#kinds.get(kind)?.size ?? 0), 0);
  }

  /** Whether this very version was seen already, and when its object last ran. */
  knows(kind: string, name: string, version: string): boolean {
    const known = this.#kinds.get(kind)?.get(name);
    return known?.version === version && known.run?.isGuessed !== true;
  }

  /** Whether there is an object of this name. */
  has(kind: string, name: string): boolean {
    return this.#kinds.get(kind)?.has(name) === true;
  }

  /** Whether a later version was seen already, which the order of a watch alone rules out. */
  hasPassed(kind: string, name: string, version: string): boolean {
    const known = this.#kinds.get(kind)?.get(name);
    return known !== undefined && isOlderVersion(version, known.version);
  }

  /** Takes note of an object. A flap and news have to be stored. */
  see(group: string, object: NormalisedObject, overdueAtMs: number | null, nowMs: number): ChangeClass {
    const { kind, namespace, name } = object.key;
    const prints = this.#of(kind);
    const key = nameIn(namespace, name);
    const known = prints.get(key);
    const [news, flaps] = [newsOf(object), hashOf(object.flapFingerprint)];
    const run = this.#runOf(known?.run, { group, kind, namespace, name }, overdueAtMs);
    prints.set(key, { version: object.resourceVersion, news, flaps, run });
    if (known?.news !== news) return "news";
    if (run?.isOverdue === true && run.dueMs > nowMs) {
      // It ran again: what was told of it has to be taken back.
      run.isOverdue = false;
      return "flap";
    }
    if (known.flaps !== flaps) return "flap";
    return known.version === object.resourceVersion ? "same" : "heartbeat";
  }

  forget(kind: string, name: string): void {
    const prints = this.#kinds.get(kind);
    const run = prints?.get(name)?.run;
    if (run !== undefined) run.dueMs = Number.POSITIVE_INFINITY;
    prints?.delete(name);
  }

  /** Forgets what a complete list of a kind did not contain. */
  keep(kind: string, names: ReadonlySet<string>): void {
    for (const name of this.#kinds.get(kind)?.keys() ?? []) if (!names.has(name)) this.forget(kind, name);
  }

  /** Forgets everything, so that everything is stored again. */
  clear(): void {
    for (const [kind, prints] of this.#kinds) for (const name of prints.keys()) this.forget(kind, name);
    this.#kinds.clear();
  }

  /**
   * Takes the prints from the rows an earlier run left. Runs that were no news are not in them, so nothing is overdue until
   * a whole window has passed from now on.
   * @param isSame the cluster is the one they were read from: the same version of an object is the same object
   */
  async load(database: Database, nowMs: number, isSame: boolean): Promise<void> {
    const rows = await database.sql<StoredPrint[]>`
      select "group", kind, namespace, name, uid, resource_version as "resourceVersion", fingerprint,
        flap_fingerprint as "flapFingerprint", sub_state as "subState", next_run_at is not null as runs, interval_seconds as "intervalSeconds"
      from flux_resources where cluster_id = ${this.clusterId}::uuid`;
    for (const row of rows) {
      const { group, kind, namespace, name, runs, intervalSeconds } = row;
      const dueMs =
        runs && intervalSeconds !== null ? nowMs + overdueAfterMs(intervalSeconds, TIMEOUT_UNKNOWN_S) : null;
      const run = this.#runOf(undefined, { group, kind, namespace, name }, dueMs);
      if (run !== undefined) Object.assign(run, { isOverdue: row.subState === OVERDUE, isGuessed: true });
      const version = isSame ? row.resourceVersion : "";
      const flaps = hashOf(row.flapFingerprint);
      this.#of(kind).set(nameIn(namespace, name), { version, news: newsOf(row), flaps, run });
    }
  }

  #runOf(
    known: Run | undefined,
    { group, kind, namespace, name }: { group: string; kind: string; namespace: string; name: string },
    overdueAtMs: number | null,
  ): Run | undefined {
    if (known === undefined && overdueAtMs === null) return undefined;
    const run = known ?? {
      key: { clusterId: this.clusterId, group, kind, namespace, name },
      dueMs: Number.POSITIVE_INFINITY,
      filedMs: Number.POSITIVE_INFINITY,
      isOverdue: false,
      isGuessed: false,
    };
    run.isGuessed = false;
    run.dueMs = overdueAtMs ?? Number.POSITIVE_INFINITY;
    this.wheel.file(run);
    return run;
  }

  #of(kind: string): Map<string, Print> {
    const known = this.#kinds.get(kind) ?? new Map<string, Print>();
    this.#kinds.set(kind, known);
    return known;
  }
}

interface StoredPrint {
  uid: string;
  fingerprint: string;
  flapFingerprint: string;
  group: string;
  kind: string;
  namespace: string;
  name: string;
  resourceVersion: string;
  subState: string | null;
  runs: boolean;
  intervalSeconds: number | null;
}

/** How an object is called within its kind. */
export const nameIn = (namespace: string, name: string): string => `${namespace}/${name}`;

const newsOf = ({ uid, fingerprint }: { uid: string; fingerprint: string }): number => hashOf(`${uid} ${fingerprint}`);
