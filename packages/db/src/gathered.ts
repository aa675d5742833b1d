import { isOfTheRows } from "./refused-rows.ts";

/** Items of one write at most. */
const TOGETHER_MAX = 100;

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** What a write answers: nothing, or a result of each item in their order. */
type Results<Result> = [Result] extends [undefined] ? undefined : readonly Result[];

/**
 * Writes what many ask for at once in one statement: an item that comes alone is written at once, those that come while a
 * write is under way share the next. Nobody waits for a clock, and a commit that costs an fsync is paid once for all.
 */
export class Gathered<Item, Result = undefined> {
  #waiting: Waiting<Item, Result>[] = [];
  #running = false;

  /**
   * @param write stores all of the items, or none; Where Postgres refuses what is in one of
   * them, each is written by itself, so that it alone fails
   */
  constructor(readonly write: (items: readonly Item[]) => Promise<Results<Result>>) {}

  /** Resolves once the item is stored. @throws what the write throws */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // What is added in the same turn comes along.
      queueMicrotask(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#store(this.#waiting.splice(0, TOGETHER_MAX));
    this.#running = false;
  }

  async #store(together: readonly Waiting<Item, Result>[]): Promise<void> {
    let results: Results<Result>;
    try {
      results = await this.write(together.map(({ item }) => item));
    } catch (error) {
      if (together.length > 1 && isOfTheRows(error)) for (const one of together) await this.#store([one]);
      else for (const { reject } of together) reject(error);
      return;
    }
    together.forEach(({ resolve }, at) => {
      resolve(results?.[at] as Result);
    });
  }
}
