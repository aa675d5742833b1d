/** Milliseconds between two looks at what is due. */
export const TICK_MS = 20;

/** Things to come, by the tick they are due in. */
export class Ticks<Due> {
  readonly #due = new Map<number, Due[]>();
  #tick: number;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  get isEmpty(): boolean {
    return this.#due.size === 0;
  }

  /** Not before the next tick. */
  at(ms: number, due: Due): void {
    const tick = Math.max(this.#tick + 1, Math.ceil(ms / TICK_MS));
    const others = this.#due.get(tick);
    if (others === undefined) this.#due.set(tick, [due]);
    else others.push(due);
  }

  /** What became due until a time, in order. */
  *until(nowMs: number): Generator<Due> {
    const last = Math.floor(nowMs / TICK_MS);
    while (this.#tick < last) {
      this.#tick++;
      const due = this.#due.get(this.#tick);
      if (due === undefined) continue;
      this.#due.delete(this.#tick);
      yield* due;
    }
  }
}
