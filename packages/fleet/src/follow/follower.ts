import { type Database, Gathered, type RunNews, writeRunProgress } from "@flux-orchestrator/db";
import {
  type KubeObject,
  type ObjectKey,
  type ReconcileOutcome,
  reconcileOutcome,
  reconcilePatch,
  wasRequested,
} from "@flux-orchestrator/flux";
import { absentAsNull, KubeError } from "@flux-orchestrator/k8s";
import type { FleetLog } from "../log.ts";
import type { FleetMetrics } from "../metrics.ts";
import type { ClusterConnection, OpenRun } from "../ports.ts";

/** Objects are judged by what their watches tell; they are looked at this often besides, for what a broken stream did not. */
const LOOK_EVERY_MS = 5_000;
/** Of many runs, as a bulk action leaves them, so many milliseconds lie between two such looks. */
const LOOKS_APART_MS = 50;

const UNKNOWN = "The cluster could not be asked any more; the object itself says what became of it.";

type StepState = "waiting" | "requested" | "handled" | "ready" | "failed" | "skipped";
interface Step extends ObjectKey {
  state: StepState;
}

/** A run that is being followed. */
interface Run {
  readonly row: OpenRun;
  readonly steps: Step[];
  readonly options: { force: boolean; reset: boolean };
  /** The uids of the objects on the way, as they were when asked. */
  readonly uids: Map<string, string>;
  phase: "requested" | "handled";
  message: string;
  /** The object the run waits for as its watch told it last, when that shows the request. */
  seen: KubeObject | undefined;
  /** Its row is not stored yet: nothing can be said of it. */
  held: boolean;
  timers: { next: ReturnType<typeof setTimeout> | undefined; end: ReturnType<typeof setTimeout> | undefined };
  looking: boolean;
  lookAgain: boolean;
  /** Its time is over: the look that runs now, or the next one, is the last. */
  due: boolean;
  /** How it ended, while that is not stored yet. */
  outcome: ReconcileOutcome | null;
  ended: boolean;
}

export interface FollowerOptions {
  database: Database;
  log: FleetLog;
  metrics: FleetMetrics;
  now: () => number;
  connection: (clusterId: string) => Promise<ClusterConnection>;
  /** The change feed has something to tell. */
  announce: () => void;
}

/**
 * Follows reconcile requests to their outcome: asks the next object of a chain once the one before is Ready, and writes
 * how it ended. Everything it knows is in `reconcile_runs`, so that it goes on after a restart.
 */
export class Follower {
  readonly #runs = new Map<string, Run>();
  /** By the object they wait for now. */
  readonly #waiting = new Map<string, Set<Run>>();
  /** Many runs go on at once in a bulk action. */
  readonly #news: Gathered<RunNews>;
  /** What is being read and written right now. */
  readonly #working = new Set<Promise<void>>();
  #stopped = false;

  constructor(readonly options: FollowerOptions) {
    const { sql } = options.database;
    this.#news = new Gathered(async (said) => {
      await writeRunProgress(sql, said);
      options.announce();
      return undefined;
    });
  }

  /** Runs that are being followed. */
  get following(): number {
    return this.#runs.size;
  }

  /** Goes on with the runs that are open and not followed yet: those of an earlier process. */
  async resume(): Promise<void> {
    const followed = new Set(this.#runs.keys());
    const open = await this.options.database.sql<OpenRun[]>`
      select id::text as id, token, cluster_id::text as "clusterId", kind, uid, steps, options, deadline_at as "deadlineAt"
      from reconcile_runs where phase <> 'ended'`;
    // One that ended meanwhile was still open when it was read.
    for (const row of open) if (!followed.has(row.id)) this.follow(row);
  }

  /**
   * Never throws. Whoever looks at the object is told that somebody has asked, by every process that takes the run up: with the
   * commit that stores it, it would wait for the feed's head. With `stored`, from before the object is asked: nothing its watch tells can be missed then, and the object
   * need not be looked at. It is forgotten when its row could not be stored.
   */
  follow(row: OpenRun, stored?: Promise<unknown>): void {
    if (this.#runs.has(row.id) || this.#stopped) return;
    const run = this.#open(row);
    run.held = stored !== undefined;
    if (stored === undefined) {
      this.#tell(run);
      this.#look(run);
    } else
      stored.then(
        () => {
          run.held = false;
          this.#tell(run);
          if (run.lookAgain) this.#look(run);
        },
        () => this.#forget(run),
      );
  }

  /** An object of a cluster is as given now; null: gone. */
  onObject(clusterId: string, key: { kind: string; namespace: string; name: string }, object: KubeObject | null): void {
    for (const run of this.#waiting.get(placeOf(clusterId, key)) ?? []) {
      // What shows no sign of the request is older than it, or says that it came to nothing: only a look can tell.
      run.seen = object !== null && wasRequested(object, run.row.token) ? object : undefined;
      this.#look(run);
    }
  }

  /** The cluster was removed, and its runs with it. */
  forget(clusterId: string): void {
    for (const run of this.#runs.values()) if (run.row.clusterId === clusterId) this.#forget(run);
  }

  /** Follows nothing any more; resolves once nothing is being read or written. The runs stay open for the next process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const run of this.#runs.values()) this.#forget(run);
    await Promise.all(this.#working);
  }

  #open(row: OpenRun): Run {
    const options = JSON.parse(row.options) as { force?: boolean; reset?: boolean };
    const run: Run = {
      row,
      steps: JSON.parse(row.steps) as Step[],
      options: { force: options.force === true, reset: options.reset === true },
      uids: new Map(),
      phase: "requested",
      message: "Waiting for the controller.",
      seen: undefined,
      held: false,
      timers: { next: undefined, end: undefined },
      looking: false,
      lookAgain: false,
      due: false,
      outcome: null,
      ended: false,
    };
    this.#runs.set(row.id, run);
    this.#wait(run);
    const left = Math.max(0, row.deadlineAt.getTime() - this.options.now());
    run.timers.end = setTimeout(() => {
      run.due = true;
      this.#look(run);
    }, left);
    this.#lookAgain(run);
    return run;
  }

  /** From now on what its current step's watch tells is for this run. */
  #wait(run: Run): void {
    const step = currentStep(run);
    if (step === undefined) return;
    const place = placeOf(run.row.clusterId, step);
    const runs = this.#waiting.get(place) ?? new Set();
    this.#waiting.set(place, runs.add(run));
  }

  #waitNoMore(run: Run): void {
    for (const step of run.steps) {
      const place = placeOf(run.row.clusterId, step);
      const runs = this.#waiting.get(place);
      if (runs?.delete(run) && runs.size === 0) this.#waiting.delete(place);
    }
  }

  #lookAgain(run: Run): void {
    const wait = Math.max(LOOK_EVERY_MS, this.#runs.size * LOOKS_APART_MS);
    run.timers.next = setTimeout(() => {
      this.#look(run);
      this.#lookAgain(run);
    }, wait);
  }

  /** Looks at the object the run waits for, or at what its watch told; once at a time. */
  #look(run: Run): void {
    if (run.held || run.looking || run.ended) {
      run.lookAgain = true;
      return;
    }
    run.looking = true;
    run.lookAgain = false;
    const looked = this.#advance(run).then(
      () => this.#expire(run, "timed-out"),
      (error: unknown) => {
        // The next look or the deadline decides.
        if (!(error instanceof KubeError))
          this.options.log.warn({ err: error, runId: run.row.id }, "a reconcile could not be looked at");
        return this.#expire(run, "unknown");
      },
    );
    const again = looked.finally(() => {
      run.looking = false;
      if (run.lookAgain && !run.ended) this.#look(run);
    });
    this.#work(again, (error) =>
      this.options.log.warn({ err: error, runId: run.row.id }, "the end of a reconcile could not be stored"),
    );
  }

  #work(work: Promise<void>, failed: (error: unknown) => void): void {
    const ended = work.catch(failed).finally(() => this.#working.delete(ended));
    this.#working.add(ended);
  }

  async #advance(run: Run): Promise<void> {
    if (run.ended) return;
    const step = currentStep(run);
    if (run.outcome !== null || step === undefined) return this.#end(run, run.outcome ?? "ready", run.message);
    const isLast = step === run.steps.at(-1);
    const object = await this.#objectOf(run, step);
    if (object !== null && !run.uids.has(nameOf(step)))
      run.uids.set(nameOf(step), isLast ? run.row.uid : object.metadata.uid);
    const progress = reconcileOutcome(object, { token: run.row.token, uid: run.uids.get(nameOf(step)) ?? run.row.uid });
    if (progress.phase !== "ended") {
      if (step.state === progress.phase && run.message === progress.message) return;
      // What a watch tells may be older than what was looked at.
      if (step.state === "handled" && progress.phase === "requested") return;
      step.state = progress.phase;
      run.phase = isLast ? progress.phase : "requested";
      run.message = progress.message;
      return this.#save(run);
    }
    const ready = progress.outcome === "ready";
    step.state = ready ? "ready" : "failed";
    run.message = progress.message;
    if (isLast || !ready)
      return this.#end(
        run,
        progress.outcome ?? "unknown",
        isLast ? progress.message : `${named(step)}: ${progress.message}`,
      );
    this.#waitNoMore(run);
    this.#wait(run);
    await this.#save(run);
    return this.#advance(run);
  }

  /** The object of a step: as its watch told it, as it was asked just now, or as it is. Null when it is gone. */
  async #objectOf(run: Run, step: Step): Promise<KubeObject | null> {
    const { seen } = run;
    run.seen = undefined;
    if (seen !== undefined && step.state !== "waiting") return seen;
    const connection = await this.options.connection(run.row.clusterId);
    if (step.state !== "waiting") return connection.get(step).catch(absentAsNull);
    // The one before is Ready: it is this one's turn.
    const options = step === run.steps.at(-1) ? run.options : { force: false, reset: false };
    const asked = await connection.patch(step, reconcilePatch(run.row.token, options));
    step.state = "requested";
    await this.#save(run);
    return asked;
  }

  /** Ends a run whose time is over. @param outcome unknown when the object could not be read to the end */
  async #expire(run: Run, outcome: "timed-out" | "unknown"): Promise<void> {
    if (!run.due || run.ended) return;
    const step = currentStep(run);
    const reached =
      run.phase === "handled"
        ? "The controller acted, but the object did not become Ready in time."
        : "The controller did not act in time.";
    const timedOut = step === undefined || step === run.steps.at(-1) ? reached : `${named(step)}: ${reached}`;
    await this.#end(run, outcome, outcome === "unknown" ? UNKNOWN : timedOut);
  }

  async #end(run: Run, outcome: ReconcileOutcome, message: string): Promise<void> {
    run.outcome = outcome;
    run.message = message;
    await this.#save(run, outcome);
    this.options.metrics.reconciled(run.row.clusterId, run.row.kind, outcome);
    this.#forget(run);
  }

  #forget(run: Run): void {
    run.ended = true;
    clearTimeout(run.timers.next);
    clearTimeout(run.timers.end);
    this.#waitNoMore(run);
    this.#runs.delete(run.row.id);
  }

  #tell(run: Run): void {
    const { id, clusterId } = run.row;
    this.#work(this.#news.add({ id, clusterId, progress: null }), (error) =>
      this.options.log.warn({ err: error, runId: id }, "a reconcile could not be told of"),
    );
  }

  #save(run: Run, outcome: ReconcileOutcome | null = null): Promise<undefined> {
    const { id, clusterId } = run.row;
    const isOpen = outcome === null;
    const progress = {
      steps: JSON.stringify(run.steps),
      message: run.message,
      phase: isOpen ? run.phase : "ended",
      outcome,
      endedAt: isOpen ? null : new Date(this.options.now()).toISOString(),
    };
    return this.#news.add({ id, clusterId, progress });
  }
}

/** The object the run waits for now; undefined when the last one is Ready. */
const currentStep = (run: Run): Step | undefined =>
  run.steps.find(({ state }) => state === "waiting" || state === "requested" || state === "handled");
const named = ({ kind, namespace, name }: ObjectKey): string => `${kind} ${namespace}/${name}`;
const nameOf = ({ kind, namespace, name }: Omit<ObjectKey, "group">): string => `${kind}/${namespace}/${name}`;
const placeOf = (clusterId: string, key: Omit<ObjectKey, "group">): string => `${clusterId}/${nameOf(key)}`;
