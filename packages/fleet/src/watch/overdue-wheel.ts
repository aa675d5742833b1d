import type { ResourceKey } from "@flux-orchestrator/db";

/** The next run of one object. Its time moves with every run that is heard of. */
export interface Run {
  readonly key: ResourceKey;
  /** From when on the run is overdue, milliseconds; infinity while none is due. */
  dueMs: number;
  /** The slot it stands in. */
  filedMs: number;
  isOverdue: boolean;
  /** Its time was made up from a row: nobody has heard of the object since. */
  isGuessed: boolean;
}

/** Width of a slot: how late at most it is noticed. */
const SLOT_MS = 1_000;
/** An object of a cluster that was not live all the time is looked at again after this long. */
const AGAIN_MS = 30_000;

export interface WheelOptions {
  now: () => number;
  /** What is known of this cluster is what it has, and was so for a while: silence means something. */
  isSure: (clusterId: string) => boolean;
  onOverdue: (run: Run) => void;
}

/**
 * The timer wheel: tells of runs that did not come. A run that comes only moves its time; where it stands is put right when
 * its slot comes up, so that a heartbeat costs an assignment.
 */
export class OverdueWheel {
  readonly #slots = new Map<number, Run[]>();
  #reachedMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly options: WheelOptions) {
    this.#reachedMs = slotOf(options.now());
  }

  start(): void {
    this.#timer = setInterval(() => this.turn(), SLOT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#slots.clear();
  }

  /** Call it when a run's time was set. */
  file(run: Run): void {
    const slot = Math.max(slotOf(run.dueMs), this.#reachedMs);
    // Standing in an earlier slot, it is filed anew when that comes up.
    if (run.dueMs === Number.POSITIVE_INFINITY || run.filedMs <= slot) return;
    run.filedMs = slot;
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, [run]);
    else others.push(run);
  }

  /** Tells of everything that has become overdue. */
  turn(): void {
    const nowMs = this.options.now();
    for (; this.#reachedMs <= nowMs; this.#reachedMs += SLOT_MS) {
      const runs = this.#slots.get(this.#reachedMs) ?? [];
      this.#slots.delete(this.#reachedMs);
      for (const run of runs) {
        // It was filed in an earlier slot meanwhile.
        if (run.filedMs !== this.#reachedMs) continue;
        run.filedMs = Number.POSITIVE_INFINITY;
        if (run.dueMs > nowMs) this.#later(run, run.dueMs);
        else if (!this.options.isSure(run.key.clusterId)) this.#later(run, nowMs + AGAIN_MS);
        else if (!run.isOverdue) {
          run.isOverdue = true;
          this.options.onOverdue(run);
        }
      }
    }
  }

  #later(run: Run, atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    const slot = Math.max(slotOf(atMs), this.#reachedMs + SLOT_MS);
    run.filedMs = slot;
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, [run]);
    else others.push(run);
  }
}

/** The slot that comes up once this time has passed. */
const slotOf = (ms: number): number => Math.ceil(ms / SLOT_MS) * SLOT_MS;
