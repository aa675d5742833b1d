import { Slots } from "./slots.ts";

/** Pages of all clusters that are on their way into the store at once: more only fill the memory. */
const PAGES_MAX = 40;
/** Of one cluster: two keep an API server busy, and each at once is a TLS handshake of its own. */
const PAGES_OF_CLUSTER = 2;
/** A cluster that does not answer holds its place no longer than this, milliseconds: it keeps nobody else waiting. */
const ANSWER_MS = 2_000;

/** Lets pages of lists in, some at a time over all clusters; whoever has a silent cluster's place waits for it no longer. */
export class PageGate {
  readonly #slots: Slots;

  constructor(
    pagesMax = PAGES_MAX,
    readonly answerMs = ANSWER_MS,
  ) {
    this.#slots = new Slots(pagesMax);
  }

  /** The turns of one cluster. */
  ofCluster() {
    const own = new Slots(PAGES_OF_CLUSTER);
    return {
      run: <T>(work: (arrived: () => void) => Promise<T>, signal: AbortSignal): Promise<T> =>
        own.run(() => this.#run(work, signal), signal),
    };
  }

  /** A page holds its place from its request until the store has it, but gives it up while its cluster is silent. */
  async #run<T>(work: (arrived: () => void) => Promise<T>, signal: AbortSignal): Promise<T> {
    const left = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const place = this.#slots.run(() => {
      entered.resolve();
      return left.promise;
    }, signal);
    await Promise.race([entered.promise, place]);
    const silent = setTimeout(() => left.resolve(), this.answerMs);
    try {
      return await work(() => clearTimeout(silent));
    } finally {
      clearTimeout(silent);
      left.resolve();
    }
  }
}
