import type { WaitingItem } from "./taken-job.ts";

/** One cluster's items, in their order. */
interface Lane {
  readonly waiting: WaitingItem[];
  underWay: number;
}

/**
 * Whose turn it is: always the first item, in the order of the job, whose cluster has fewer than so many under way. A
 * cluster that is slow holds up its own items and no others'; those of one cluster begin in their order.
 */
export class Turns {
  readonly #lanes: Map<string | null, Lane>;

  /** @param waiting in the order of the job */
  constructor(
    waiting: readonly WaitingItem[],
    readonly perCluster: number,
  ) {
    const byCluster = Map.groupBy(waiting.toReversed(), ({ clusterId }) => clusterId);
    this.#lanes = new Map([...byCluster].map(([clusterId, items]) => [clusterId, { waiting: items, underWay: 0 }]));
  }

  /** The next item, which is under way from here on; undefined while there is none that may begin. */
  take(): WaitingItem | undefined {
    let first: { lane: Lane; item: WaitingItem } | undefined;
    for (const [clusterId, lane] of this.#lanes) {
      const item = lane.waiting.at(-1);
      // Items of no cluster hold up nobody.
      if (item === undefined || (clusterId !== null && lane.underWay >= this.perCluster)) continue;
      if (first === undefined || item.position < first.item.position) first = { lane, item };
    }
    if (first === undefined) return undefined;
    first.lane.waiting.pop();
    first.lane.underWay++;
    return first.item;
  }

  /** The item is not under way any more. */
  giveBack({ clusterId }: WaitingItem): void {
    const lane = this.#lanes.get(clusterId);
    if (lane !== undefined) lane.underWay--;
  }
}
