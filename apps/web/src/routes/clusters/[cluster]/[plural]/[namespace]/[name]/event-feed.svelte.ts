import type { EventPage, ObjectEvent, ResourceRef } from "@flux-orchestrator/contract";
import { Paged } from "#lib/paged.svelte.ts";
import { trpc } from "#lib/trpc.ts";

/** The events of one object, newest first: the newest page is asked for again as it changes, older ones on demand. */
export class EventFeed extends Paged<EventPage> {
  /** An event that was told again moves up: it is shown once, where it was told last. */
  readonly events = $derived.by((): ObjectEvent[] => {
    const newest = new Map(
      this.pages
        .toReversed()
        .flatMap(({ events }) => events)
        .map((event) => [event.id, event]),
    );
    return [...newest.values()].sort((one, other) => Date.parse(other.lastAt) - Date.parse(one.lastAt));
  });

  constructor(ref: ResourceRef) {
    super((cursor, signal) => trpc.resource.events.query(cursor === undefined ? ref : { ...ref, cursor }, { signal }));
  }
}
