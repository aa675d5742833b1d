import type { EventPage, ObjectEvent, ResourceRef } from "@flux-orchestrator/contract";
import { Loaded } from "#lib/loaded.svelte.ts";
import { trpc } from "#lib/trpc.ts";

/** The events of one object, newest first: the newest page is asked for again as it changes, older ones on demand. */
export class EventFeed {
  readonly newest: Loaded<EventPage>;
  readonly older: Loaded<EventPage>;
  /** Pages behind the newest, in order. */
  #pages = $state.raw<EventPage[]>([]);
  /** An event that was told again moves up: it is shown once, where it was told last. */
  readonly events = $derived.by((): ObjectEvent[] => {
    const all = [this.newest.value, ...this.#pages].flatMap((page) => page?.events ?? []);
    const newest = new Map(all.toReversed().map((event) => [event.id, event]));
    return [...newest.values()].toReversed().sort((one, other) => Date.parse(other.lastAt) - Date.parse(one.lastAt));
  });

  constructor(ref: ResourceRef) {
    this.newest = new Loaded((signal) => trpc.resource.events.query(ref, { signal }));
    this.older = new Loaded(async (signal) => {
      const cursor = this.#next;
      const page = await trpc.resource.events.query(cursor === null ? ref : { ...ref, cursor }, { signal });
      this.#pages = [...this.#pages, page];
      return page;
    });
  }

  get #next(): string | null {
    return (this.#pages.at(-1) ?? this.newest.value)?.nextCursor ?? null;
  }
  get hasMore(): boolean {
    return this.#next !== null;
  }
  stop(): void {
    this.newest.stop();
    this.older.stop();
  }
}
