/** What one owner has waiting, in order, the next one last. */
interface Lane<T> {
  readonly waiting: { readonly work: T; readonly place: number }[];
  underWay: number;
}

/**
 * Whose turn it is: always the first piece of work whose owner, a cluster, has fewer than so many under way. One that is slow
 * holds up its own work and no other's; what belongs to one owner begins in its order.
 */
export class Turns<T> {
  readonly #lanes: Map<string | null, Lane<T>>;

  /** @param ownerOf null for work of nobody, which holds up nobody */
  constructor(
    waiting: readonly T[],
    readonly perOwner: number,
    readonly ownerOf: (work: T) => string | null,
  ) {
    const placed = waiting.map((work, place) => ({ work, place })).reverse();
    const byOwner = Map.groupBy(placed, ({ work }) => ownerOf(work));
    this.#lanes = new Map([...byOwner].map(([owner, works]) => [owner, { waiting: works, underWay: 0 }]));
  }

  /** The next piece, which is under way from here on; undefined while there is none that may begin. */
  take(): T | undefined {
    let first: { lane: Lane<T>; work: T; place: number } | undefined;
    for (const [owner, lane] of this.#lanes) {
      const next = lane.waiting.at(-1);
      if (next === undefined || (owner !== null && lane.underWay >= this.perOwner)) continue;
      if (first === undefined || next.place < first.place) first = { lane, ...next };
    }
    if (first === undefined) return undefined;
    first.lane.waiting.pop();
    first.lane.underWay++;
    return first.work;
  }

  /** The next pieces, as many as may begin and no more than told. */
  takeUpTo(count: number): T[] {
    const taken: T[] = [];
    while (taken.length < count) {
      const next = this.take();
      if (next === undefined) break;
      taken.push(next);
    }
    return taken;
  }

  /** It is not under way any more. */
  giveBack(work: T): void {
    const lane = this.#lanes.get(this.ownerOf(work));
    if (lane !== undefined) lane.underWay--;
  }
}
