import { Loaded } from "./loaded.svelte.ts";

/**
 * A list that is asked for page by page: the first again whenever it may have changed, further ones on demand. What is in
 * two of them belongs to the one that was asked for last; whoever shows it leaves the other out.
 */
export class Paged<Page extends { nextCursor: string | null }> {
  readonly first: Loaded<Page>;
  readonly further: Loaded<Page>;
  #further = $state.raw<Page[]>([]);
  readonly pages = $derived.by((): Page[] => [
    ...(this.first.value === null ? [] : [this.first.value]),
    ...this.#further,
  ]);

  constructor(ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page>) {
    this.first = new Loaded((signal) => ask(undefined, signal));
    this.further = new Loaded(async (signal) => {
      const page = await ask(this.#next ?? undefined, signal);
      this.#further = [...this.#further, page];
      return page;
    });
  }

  get #next(): string | null {
    return this.pages.at(-1)?.nextCursor ?? null;
  }
  get hasMore(): boolean {
    return this.#next !== null;
  }
  stop(): void {
    this.first.stop();
    this.further.stop();
  }
}
