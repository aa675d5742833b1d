import type { Database, ResourceKey } from "@flux-orchestrator/db";
import { type ChangeClass, hashOf, type NormalisedObject, OVERDUE, overdueAfterMs } from "@flux-orchestrator/flux";
import { grown, NameBytes } from "./name-bytes.ts";
import { isOlderVersion, versionNumber } from "./version-number.ts";

/** Rows do not say how long a run may take, seconds. */
const TIMEOUT_UNKNOWN_S = 3_600;
const NEVER = Number.POSITIVE_INFINITY;

/** A run that did not come. */
export interface OverdueRun {
  readonly key: ResourceKey;
  /** From when on it was overdue, milliseconds since the epoch. */
  readonly dueMs: number;
}

/**
 * Enough of every object of one cluster to know whether it changed and when it has to run again: about a hundred bytes
 * each, in columns (docs/adr/0026-prints-in-columns.md). It outlives the watches, so that a list that finds nothing new
 * costs a look at each object's version; it never holds the objects themselves.
 */
export class ClusterPrints {
  /** By kind, the row of each object by the hash of its name. Two names with one hash only cost writes that are no news. */
  readonly #rows = new Map<string, Map<number, number>>();
  readonly #free: number[] = [];
  /** Rows from here on were never taken. */
  #end = 0;
  readonly #kinds: { group: string; kind: string }[] = [];
  #kindOf = new Uint8Array(0);
  readonly #names = new NameBytes();
  /** See {@link versionNumber}; NaN: unknown. */
  #versions = new Float64Array(0);
  /** Hashes: of the uid and what is news whenever it changes, of the conditions. */
  #news = new Float64Array(0);
  #flaps = new Float64Array(0);
  /** When a run is overdue, milliseconds; infinity while none is due. A run that comes only moves it. */
  #dueMs = new Float64Array(0);
  #isOverdue = new Uint8Array(0);
  /** That time was made up from a row: nobody has heard of the object since. */
  #isGuessed = new Uint8Array(0);

  constructor(readonly clusterId: string) {}

  /** How many objects of these kinds there are. */
  count(kinds: readonly string[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#rows.get(kind)?.size ?? 0), 0);
  }

  /** Whether this very version was seen already, and when its object last ran. */
  knows(kind: string, name: string, version: string): boolean {
    const row = this.#rowOf(kind, name);
    return row !== undefined && this.#versions[row] === versionNumber(version) && this.#isGuessed[row] === 0;
  }

  /** Whether there is an object of this name. */
  has(kind: string, name: string): boolean {
    return this.#rowOf(kind, name) !== undefined;
  }

  /** Whether a later version was seen already, which the order of a watch alone rules out. */
  hasPassed(kind: string, name: string, version: string): boolean {
    const row = this.#rowOf(kind, name);
    return row !== undefined && isOlderVersion(versionNumber(version), this.#versions[row]!);
  }

  /** Takes note of an object. A flap and news have to be stored. */
  see(group: string, object: NormalisedObject, overdueAtMs: number | null, nowMs: number): ChangeClass {
    const { kind, namespace, name } = object.key;
    const known = this.#rowOf(kind, nameIn(namespace, name));
    const row = known ?? this.#add({ group, kind, namespace, name });
    const [version, news, flaps] = [
      versionNumber(object.resourceVersion),
      newsOf(object),
      hashOf(object.flapFingerprint),
    ];
    const before = { version: this.#versions[row], news: this.#news[row], flaps: this.#flaps[row] };
    this.#versions[row] = version;
    this.#news[row] = news;
    this.#flaps[row] = flaps;
    this.#dueMs[row] = overdueAtMs ?? NEVER;
    this.#isGuessed[row] = 0;
    const ranAgain = this.#isOverdue[row] === 1 && this.#dueMs[row]! > nowMs;
    if (ranAgain) this.#isOverdue[row] = 0;
    if (known === undefined || before.news !== news) return "news";
    // What was told of a run that did not come has to be taken back.
    if (ranAgain || before.flaps !== flaps) return "flap";
    return before.version === version ? "same" : "heartbeat";
  }

  /** The runs that did not come until now; each is told once, until the next one came. */
  takeOverdue(nowMs: number): OverdueRun[] {
    const overdue: OverdueRun[] = [];
    for (let row = 0; row < this.#end; row++) {
      const dueMs = this.#dueMs[row]!;
      if (dueMs > nowMs || this.#isOverdue[row] === 1) continue;
      this.#isOverdue[row] = 1;
      overdue.push({ key: this.#keyOf(row), dueMs });
    }
    return overdue;
  }

  forget(kind: string, name: string): void {
    const row = this.#rowOf(kind, name);
    if (row !== undefined) this.#remove(row, kind, hashOf(name));
  }

  /** Forgets what a complete list of a kind did not contain. */
  keep(kind: string, listed: readonly { namespace: string; name: string }[]): void {
    const kept = new Set(listed.map(({ namespace, name }) => hashOf(nameIn(namespace, name))));
    for (const [hash, row] of this.#rows.get(kind) ?? []) if (!kept.has(hash)) this.#remove(row, kind, hash);
  }

  /** Forgets everything, so that everything is stored again. */
  clear(): void {
    for (const [kind, rows] of this.#rows) for (const [hash, row] of rows) this.#remove(row, kind, hash);
  }

  /**
   * Takes the prints from the rows an earlier run left. Runs that were no news are not in them, so nothing is overdue until
   * a whole window has passed from now on.
   * @param isSame the cluster is the one they were read from: the same version of an object is the same object
   */
  async load(database: Database, nowMs: number, isSame: boolean): Promise<void> {
    const stored = await database.sql<StoredPrint[]>`
      select "group", kind, namespace, name, uid, resource_version as "resourceVersion", fingerprint,
        flap_fingerprint as "flapFingerprint", sub_state as "subState", next_run_at is not null as runs, interval_seconds as "intervalSeconds"
      from flux_resources where cluster_id = ${this.clusterId}::uuid`;
    for (const print of stored) {
      const row = this.#rowOf(print.kind, nameIn(print.namespace, print.name)) ?? this.#add(print);
      const { runs, intervalSeconds, subState, resourceVersion } = print;
      const isDue = runs && intervalSeconds !== null;
      this.#dueMs[row] = isDue ? nowMs + overdueAfterMs(intervalSeconds, TIMEOUT_UNKNOWN_S) : NEVER;
      this.#isOverdue[row] = isDue && subState === OVERDUE ? 1 : 0;
      this.#isGuessed[row] = isDue ? 1 : 0;
      this.#versions[row] = isSame ? versionNumber(resourceVersion) : Number.NaN;
      this.#news[row] = newsOf(print);
      this.#flaps[row] = hashOf(print.flapFingerprint);
    }
  }

  #rowOf(kind: string, name: string): number | undefined {
    return this.#rows.get(kind)?.get(hashOf(name));
  }

  /** A row for an object that has none yet. */
  #add({ group, kind, namespace, name }: Omit<ResourceKey, "clusterId">): number {
    const row = this.#free.pop() ?? this.#end++;
    if (row >= this.#kindOf.length) this.#grow();
    let number = this.#kinds.findIndex((known) => known.kind === kind);
    if (number < 0) number = this.#kinds.push({ group, kind }) - 1;
    this.#kindOf[row] = number;
    const called = nameIn(namespace, name);
    this.#names.set(row, called);
    const rows = this.#rows.get(kind) ?? new Map<number, number>();
    this.#rows.set(kind, rows.set(hashOf(called), row));
    return row;
  }

  #remove(row: number, kind: string, hash: number): void {
    this.#rows.get(kind)?.delete(hash);
    this.#names.delete(row);
    this.#dueMs[row] = NEVER;
    this.#isOverdue[row] = 0;
    this.#isGuessed[row] = 0;
    this.#free.push(row);
  }

  #grow(): void {
    const length = Math.max(16, Math.ceil(this.#end * 1.5));
    this.#kindOf = grown(this.#kindOf, length);
    this.#versions = grown(this.#versions, length);
    this.#news = grown(this.#news, length);
    this.#flaps = grown(this.#flaps, length);
    this.#dueMs = grown(this.#dueMs, length);
    this.#isOverdue = grown(this.#isOverdue, length);
    this.#isGuessed = grown(this.#isGuessed, length);
  }

  #keyOf(row: number): ResourceKey {
    const called = this.#names.get(row);
    const slash = called.indexOf("/");
    const [namespace, name] = [called.slice(0, slash), called.slice(slash + 1)];
    return { clusterId: this.clusterId, ...this.#kinds[this.#kindOf[row]!]!, namespace, name };
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
