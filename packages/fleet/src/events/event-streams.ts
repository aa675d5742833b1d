import { type FluxEvent, type KubeObject, readEvent } from "@flux-orchestrator/flux";
import {
  controllersOf,
  EVENTS,
  eventsOf,
  pause,
  type ReflectorClock,
  runReflector,
  type ServedKind,
  type Transport,
} from "@flux-orchestrator/k8s";
import type { FleetLog } from "../log.ts";
import { orAborted } from "../or-aborted.ts";
import type { EventWriter } from "./event-writer.ts";
import { knownSecrets, mayQuote } from "./known-secrets.ts";

/**
 * A controller that told nothing within the hour, or whose events may not be read, is looked at again this often: far
 * within the hour that the API server keeps an event, so that nothing is missed, and without a stream meanwhile.
 */
const LOOK_AGAIN_MS = 5 * 60_000;

export interface EventStreamsOptions {
  clusterId: string;
  writer: Pick<EventWriter, "put" | "news">;
  log: FleetLog;
  pause?: ReflectorClock["pause"];
}

/**
 * The core Events of one cluster's Flux controllers: a stream for each that has something to tell. They outlive the rounds
 * in which objects are listed anew, and are never the reason why a cluster counts as failed.
 */
export class EventStreams {
  readonly #followed = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #served: readonly ServedKind[] = [];

  constructor(readonly options: EventStreamsOptions) {}

  /** Follows the controllers of these kinds too. Call it once the objects are listed: they come first. */
  follow(transport: Transport, served: readonly ServedKind[]): void {
    if (this.#stopping.signal.aborted) return;
    this.#served = served;
    for (const controller of controllersOf(served))
      if (!this.#followed.has(controller)) this.#followed.set(controller, this.#run(controller, transport));
  }

  /** Resolves when no request is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#followed.values());
  }

  async #run(controller: string, transport: Transport): Promise<void> {
    const { clusterId, log } = this.options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await followController(controller, {
          transport,
          signal,
          see: (objects, until) => this.#see(objects, transport, until),
        });
      } catch (error) {
        log.warn({ err: error, clusterId, controller }, "a controller's events cannot be followed; it is tried again");
      }
      await (this.options.pause ?? pause)(LOOK_AGAIN_MS * (0.5 + Math.random() / 2), signal);
    }
  }

  /** Hands events on. One that may quote its object is read anew once that object was asked what may not be quoted. */
  async #see(objects: readonly KubeObject[], transport: Transport, signal: AbortSignal): Promise<void> {
    const { clusterId, writer } = this.options;
    const told = new Map<KubeObject, FluxEvent>();
    for (const object of objects) {
      const event = readEvent(object, null);
      if (event !== null) told.set(object, event);
    }
    const news = new Set(await writer.news(clusterId, [...told.values()].filter(mayQuote)));
    for (const [object, event] of told) {
      if (mayQuote(event) && !news.has(event)) continue;
      const secrets = await knownSecrets(event, { transport, served: this.#served, signal });
      const full = writer.put(clusterId, readEvent(object, secrets) ?? event);
      if (full !== undefined) await orAborted(full, signal);
    }
  }
}

/** Lists and watches; ends when there is nothing to watch, or one may not. */
async function followController(
  controller: string,
  {
    transport,
    see,
    ...options
  }: {
    transport: Transport;
    signal: AbortSignal;
    see: (objects: readonly KubeObject[], signal: AbortSignal) => Promise<void>;
  },
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  let listed = 0;
  await runReflector({
    transport,
    served: EVENTS,
    part: eventsOf(controller),
    signal,
    sink: {
      onListStart() {
        listed = 0;
      },
      async onPage(objects) {
        listed += objects.length;
        await see(objects, signal);
      },
      onListEnd() {
        if (listed === 0) over.abort();
      },
      async onEvent(type, object) {
        // The API server drops every event after an hour: that is what they are kept from.
        if (type !== "DELETED") await see([object], signal);
      },
      onBookmark() {},
      onState({ state }) {
        if (state === "forbidden" || state === "absent") over.abort();
      },
    },
  });
}
