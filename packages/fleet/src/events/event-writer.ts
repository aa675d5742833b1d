import {
  countedEvents,
  type Database,
  type EventKey,
  type EventWrite,
  fence,
  storedTallies,
  upsertEvents,
} from "@flux-orchestrator/db";
import { type EventTally, type FluxEvent, tally } from "@flux-orchestrator/flux";
import { Backoff, pause } from "@flux-orchestrator/k8s";
import type { Lease } from "../lease.ts";
import type { FleetLog } from "../log.ts";

const ROWS_MAX = 500;
/** Nobody waits for an event as for a word: many share a transaction. */
const GATHER_MS = 1_000;
/** Beyond this many waiting events of a cluster the readers of its streams wait too. */
const WAITING_MAX = 100;

export interface EventWriterOptions {
  database: Database;
  lease: Lease;
  log: FleetLog;
  gatherMs?: number;
}

interface Waiting {
  events: FluxEvent[];
  /** Readers held back. */
  room: (() => void)[];
}
type Told = { clusterId: string; event: FluxEvent };

/**
 * Stores what the Flux controllers tell, apart from the flush of objects: a batch a second at most, of all clusters in turn.
 * What waits at the end is not stored; the next start's lists tell it again.
 */
export class EventWriter {
  readonly #clusters = new Map<string, Waiting>();
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(readonly options: EventWriterOptions) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves at once while the cluster has room; else when it has again. */
  put(clusterId: string, event: FluxEvent): Promise<void> | void {
    if (this.#stopping.signal.aborted) return;
    const waiting = this.#clusters.get(clusterId) ?? { events: [], room: [] };
    this.#clusters.set(clusterId, waiting);
    waiting.events.push(event);
    this.#wake?.();
    if (waiting.events.length > WAITING_MAX) return new Promise((resolve) => waiting.room.push(resolve));
  }

  /** Those that tell something which is not stored; what a list tells again is. */
  async news(clusterId: string, events: readonly FluxEvent[]): Promise<FluxEvent[]> {
    const told = events.map(({ object: { kind, namespace, name, group }, eventUid, count: eventCount, lastAt }) => ({
      ...{ kind, namespace, name, group },
      ...{ eventUid, eventCount, lastAt },
    }));
    const counted = await countedEvents(this.options.database.sql, clusterId, told);
    return events.filter(({ eventUid }) => !counted.has(eventUid));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
    for (const { room } of this.#clusters.values()) for (const resolve of room.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { gatherMs = GATHER_MS } = this.options;
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
    while (!signal.aborted) {
      if (this.#clusters.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      await pause(gatherMs, signal);
      if (signal.aborted) return;
      const batch = this.#take();
      while (!signal.aborted && !(await this.#isStored(batch))) await pause(backoff.next(500), signal);
      backoff.reset();
    }
  }

  /** The oldest event of each cluster in turn: a loud one keeps nobody waiting. */
  #take(): Told[] {
    const batch: Told[] = [];
    while (this.#clusters.size > 0) {
      for (const [clusterId, { events, room }] of this.#clusters) {
        if (batch.length === ROWS_MAX) return batch;
        batch.push({ clusterId, event: events.shift()! });
        if (events.length <= WAITING_MAX) for (const resolve of room.splice(0)) resolve();
        if (events.length === 0) this.#clusters.delete(clusterId);
      }
    }
    return batch;
  }

  async #isStored(batch: readonly Told[]): Promise<boolean> {
    const { database, lease, log } = this.options;
    const fences = [...new Set(batch.map(({ clusterId }) => clusterId))].flatMap((id) => lease.fenceOf(id) ?? []);
    try {
      await database.sql.begin(async (tx) => {
        const held = await fence(tx, fences);
        // Whoever owns the others lists their events again.
        const ours = batch.filter(({ clusterId }) => held.has(clusterId));
        const stored = await storedTallies(tx, ours.map(keyOf));
        await upsertEvents(tx, added(ours, new Map(stored.map((row) => [nameOf(row), row]))));
      });
      return true;
    } catch (error) {
      log.warn({ err: error, events: batch.length }, "events could not be stored; it is tried again");
      return false;
    }
  }
}

/** The rows that these events change: what was counted before changes none. */
function added(batch: readonly Told[], stored: ReadonlyMap<string, EventTally>): EventWrite[] {
  const rows = new Map<string, EventWrite>();
  for (const { clusterId, event } of batch) {
    const key = keyOf({ clusterId, event });
    const before = rows.get(nameOf(key)) ?? stored.get(nameOf(key)) ?? null;
    const after = tally(before, event);
    if (after === before) continue;
    const { object, type, reason, source } = event;
    const { count, firstAt, lastAt, message, eventUid, eventCount } = after;
    const told = { uid: object.uid, type, reason, source };
    rows.set(nameOf(key), { ...key, ...told, count, firstAt, lastAt, message, eventUid, eventCount });
  }
  return [...rows.values()];
}

const keyOf = ({ clusterId, event }: Told): EventKey => {
  const { kind, namespace, name, group } = event.object;
  return { clusterId, kind, namespace, name, group, fingerprint: event.fingerprint };
};
const nameOf = ({ clusterId, kind, namespace, name, group, fingerprint }: EventKey): string =>
  [clusterId, group, kind, namespace, name, fingerprint].join("/");
