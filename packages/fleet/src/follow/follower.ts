import { appendLog, type Database } from "@flux-orchestrator/db";
import { type ObjectKey, type ReconcileOutcome, reconcileOutcome, reconcilePatch } from "@flux-orchestrator/flux";
import { absentAsNull, KubeError } from "@flux-orchestrator/k8s";
import { FEED_CHANNEL } from "../feed.ts";
import type { FleetLog } from "../log.ts";
import type { FleetMetrics } from "../metrics.ts";
import type { ClusterConnection } from "../ports.ts";

/** Objects are looked at when they change; this often besides, for what a broken stream did not tell. */
const LOOK_EVERY_MS = 5_000;
/** Of many runs, as a bulk action leaves them, so many milliseconds lie between two such looks. */
const LOOKS_APART_MS = 50;

const UNKNOWN = "The cluster could not be asked any more; the object itself says what became of it.";

type StepState = "waiting" | "requested" | "handled" | "ready" | "failed" | "skipped";
interface Step extends ObjectKey {
  state: StepState;
}

interface RunRow {
  id: string;
  token: string;
  clusterId: string;
  kind: string;
  uid: string;
  steps: string;
  options: string;
  deadlineAt: Date;
}

/** A run that is being followed. */
interface Run {
  readonly row: RunRow;
  readonly steps: Step[];
  readonly options: { force: boolean; reset: boolean };
  /** The uids of the objects on the way, as they were when asked. */
  readonly uids: Map<string, string>;
  phase: "requested" | "handled";
  message: string;
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
}

/**
 * Follows reconcile requests to their outcome: asks the next object of a chain once the one before is Ready, and writes
 * how it ended. Everything it knows is in `reconcile_runs`, so that it goes on after a restart.
 */
export class Follower {
  readonly #runs = new Map<string, Run>();
  /** What is being read and written right now. */
  readonly #working = new Set<Promise<void>>();
  #stopped = false;

  constructor(readonly options: FollowerOptions) {}

  /** Runs that are being followed. */
  get following(): number {
    return this.#runs.size;
  }

  /** Goes on with the runs that are open and not followed yet: those of an earlier process. */
  async resume(): Promise<void> {
    const open = await this.options.database.sql<
      { id: string }[]
    >`select id::text as id from reconcile_runs where phase <> 'ended'`;
    for (const { id } of open) this.follow(id);
  }

  /** Never throws: a run whose row cannot be read now is found again by the next `resume`. */
  follow(runId: string): void {
    this.#work(this.#open(runId), (error) =>
      this.options.log.warn({ err: error, runId }, "a reconcile cannot be followed"),
    );
  }

  /** An object of a cluster is as given now; null: gone. */
  onObject(clusterId: string, key: { kind: string; namespace: string; name: string }): void {
    for (const run of this.#runs.values()) {
      if (run.row.clusterId !== clusterId) continue;
      const step = currentStep(run);
      if (step?.kind === key.kind && step.namespace === key.namespace && step.name === key.name) this.#look(run);
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

  async #open(runId: string): Promise<void> {
    if (this.#runs.has(runId)) return;
    const [row] = await this.options.database.sql<RunRow[]>`
      select id::text as id, token, cluster_id::text as "clusterId", kind, uid, steps, options, deadline_at as "deadlineAt"
      from reconcile_runs where id = ${runId}::uuid and phase <> 'ended'`;
    if (row === undefined || this.#runs.has(runId) || this.#stopped) return;
    const options = JSON.parse(row.options) as { force?: boolean; reset?: boolean };
    const run: Run = {
      row,
      steps: JSON.parse(row.steps) as Step[],
      options: { force: options.force === true, reset: options.reset === true },
      uids: new Map(),
      phase: "requested",
      message: "Waiting for the controller.",
      timers: { next: undefined, end: undefined },
      looking: false,
      lookAgain: false,
      due: false,
      outcome: null,
      ended: false,
    };
    this.#runs.set(runId, run);
    const left = Math.max(0, row.deadlineAt.getTime() - this.options.now());
    run.timers.end = setTimeout(() => {
      run.due = true;
      this.#look(run);
    }, left);
    this.#lookAgain(run);
    this.#look(run);
  }

  #lookAgain(run: Run): void {
    const wait = Math.max(LOOK_EVERY_MS, this.#runs.size * LOOKS_APART_MS);
    run.timers.next = setTimeout(() => {
      this.#look(run);
      this.#lookAgain(run);
    }, wait);
  }

  /** Looks at the object the run waits for; once at a time. */
  #look(run: Run): void {
    if (run.looking || run.ended) {
      run.lookAgain = true;
      return;
    }
    run.looking = true;
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
      if (!run.lookAgain || run.ended) return;
      run.lookAgain = false;
      this.#look(run);
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
    const connection = await this.options.connection(run.row.clusterId);
    const isLast = step === run.steps.at(-1);
    if (step.state === "waiting") {
      // The one before is Ready: it is this one's turn.
      await connection.patch(
        step,
        reconcilePatch(run.row.token, isLast ? run.options : { force: false, reset: false }),
      );
      step.state = "requested";
      await this.#save(run);
    }
    const object = await connection.get(step).catch(absentAsNull);
    if (object !== null && !run.uids.has(nameOf(step)))
      run.uids.set(nameOf(step), isLast ? run.row.uid : object.metadata.uid);
    const progress = reconcileOutcome(object, { token: run.row.token, uid: run.uids.get(nameOf(step)) ?? run.row.uid });
    if (progress.phase !== "ended") {
      if (step.state === progress.phase && run.message === progress.message) return;
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
    await this.#save(run);
    return this.#advance(run);
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
    this.#runs.delete(run.row.id);
  }

  async #save(run: Run, outcome: ReconcileOutcome | null = null): Promise<void> {
    const { sql } = this.options.database;
    await sql.begin(async (tx) => {
      await tx`
        update reconcile_runs set steps = ${JSON.stringify(run.steps)}, message = ${run.message.slice(0, 2000)}, outcome = ${outcome},
          phase = ${outcome === null ? run.phase : "ended"}, ended_at = ${outcome === null ? null : new Date(this.options.now())}
        where id = ${run.row.id}::uuid and phase <> 'ended'`;
      await appendLog(tx, [{ subject: "run", op: "upsert", clusterId: run.row.clusterId, runId: run.row.id }]);
    });
    sql.notify(FEED_CHANNEL, "").catch(() => {});
  }
}

/** The object the run waits for now; undefined when the last one is Ready. */
const currentStep = (run: Run): Step | undefined =>
  run.steps.find(({ state }) => state === "waiting" || state === "requested" || state === "handled");
const named = ({ kind, namespace, name }: ObjectKey): string => `${kind} ${namespace}/${name}`;
const nameOf = ({ kind, namespace, name }: ObjectKey): string => `${kind}/${namespace}/${name}`;
