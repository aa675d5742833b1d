import { type Failure, failureOf } from "./failure.ts";

/** Nothing is shown before: most answers are there sooner, and a flash is worse than a pause. */
export const SKELETON_AFTER_MS = 200;
export const EXPLAIN_AFTER_MS = 5000;

/**
 * One question to the server and where its answer stands. Old values stay while new ones load; an answer that was
 * overtaken by a later question is dropped.
 */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<Failure | null>(null);
  loading = $state(false);
  /** The answer takes longer than 200 ms: show a skeleton where there is no value yet. */
  slow = $state(false);
  /** It takes longer than 5 s: say what is awaited. */
  verySlow = $state(false);
  #asked = 0;
  #abort: AbortController | null = null;

  constructor(readonly ask: (signal: AbortSignal) => Promise<T>) {}

  /** Asks (again). Resolves when the answer or the failure is in place. */
  async load(): Promise<T | null> {
    const mine = ++this.#asked;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    const timers = [
      setTimeout(() => (this.slow = mine === this.#asked), SKELETON_AFTER_MS),
      setTimeout(() => (this.verySlow = mine === this.#asked), EXPLAIN_AFTER_MS),
    ];
    try {
      const value = await this.ask(abort.signal);
      if (mine !== this.#asked) return null;
      this.value = value;
      this.failure = null;
      return value;
    } catch (error) {
      if (mine === this.#asked) this.failure = failureOf(error);
      return null;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      if (mine === this.#asked) {
        this.loading = false;
        this.slow = false;
        this.verySlow = false;
      }
    }
  }

  stop(): void {
    this.#asked += 1;
    this.#abort?.abort();
  }
}
