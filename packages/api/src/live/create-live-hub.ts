import type { LiveFrame, WatchInput } from "@flux-orchestrator/contract";
import { type FeedPosition, feedPosition, readLog, type Sql } from "@flux-orchestrator/db";
import type { FeedListener } from "@flux-orchestrator/fleet/ports";
import type { z } from "zod";
import { type Confirmation, oldestOf, readConfirmations } from "../cluster/confirmation.ts";
import { sightOf } from "../cluster/one-cluster.ts";
import type { CallContext, OperationContext } from "../context.ts";
import { formatCursor, parseCursor } from "./feed-cursor.ts";
import { framesOf } from "./frames.ts";
import type { LiveHub } from "./hub.ts";
import { Reader } from "./reader.ts";
import { mergeTold, NOTHING_TOLD, readTold, type Told } from "./told.ts";
import { type View, viewOf } from "./view.ts";

/** Frames are told so far apart, milliseconds, lists farther than a page about one thing: what comes meanwhile shares one. */
const CLOSE_MS = 50;
const LIST_MS = 250;
export const PING_MS = 2_000;
/** A stream that is never quiet pings all the same: what it shows goes on being confirmed. */
const PING_AT_LEAST_MS = 10_000;
/** How often it is looked whether clusters lost or regained their confirmation: nothing else tells that time goes by. */
const CONFIRM_MS = 5_000;
/** What a reader may see is asked for again this often: nothing is told 5 seconds after it may not be any more. */
export const RIGHTS_MS = 2_500;
/** A client that comes back is replayed this many log entries; beyond them fetching anew is cheaper. */
const REPLAY_MAX = 1_000;

/** Readers that are told the same: their frames are made once. */
interface Group {
  readonly view: View;
  readonly readers: Set<Reader>;
  waiting: Told[];
  /** What waits is all of the log, so that whoever has read the log that far knows it. */
  isOfLog: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  toldAtMs: number;
}

/** Where one open stream sits. */
interface Seat {
  readonly reader: Reader;
  readonly view: View;
  /** What its actor may see, as one text to compare. */
  readonly sight: string;
  /** Where the feed stood when it sat down. */
  readonly here: string;
  leave(): void;
}

type HubDeps = Pick<CallContext["deps"], "database" | "fleet" | "log" | "metrics" | "now">;

/** @param deps the feed is read from here on until `close` */
export function createLiveHub(deps: HubDeps): LiveHub {
  return new Hub(deps);
}

class Hub implements LiveHub {
  readonly #groups = new Map<string, Group>();
  readonly #unsubscribe: () => void;
  #closed = false;
  /** Stretches of the feed are told one after the other. */
  #telling: Promise<void> = Promise.resolve();
  /** Readers know that changes are late. */
  #isLate = false;
  /** Up to where they were told. */
  #position: FeedPosition | undefined;
  #confirmations: readonly Confirmation[] = [];
  readonly #confirming: ReturnType<typeof setInterval>;

  constructor(readonly deps: HubDeps) {
    this.#unsubscribe = deps.fleet.feed.subscribe((batch) => this.#inTurn(() => this.#tell(batch)));
    this.#confirming = setInterval(() => void this.#confirm(), CONFIRM_MS);
  }

  async *read(
    ctx: OperationContext,
    input: z.output<typeof WatchInput>,
  ): AsyncGenerator<{ id: string; frame: LiveFrame }> {
    let seat = await this.#sit(ctx, input);
    try {
      const { lastEventId } = input;
      const resumed = lastEventId == null ? null : parseCursor(lastEventId);
      let id = resumed === null ? seat.here : formatCursor(resumed);
      yield { id, frame: { type: "hello", cursor: id, ...this.#stands(seat.view) } };
      if (lastEventId != null) {
        const { frames, upTo } = await this.#missed(seat, resumed);
        seat.reader.startAt(upTo);
        seat.reader.pushFirst(frames, upTo);
      }
      let checkedAtMs = this.deps.now();
      let pingedAtMs = checkedAtMs;
      for (;;) {
        const next = await seat.reader.next(PING_MS, ctx.signal);
        if (next === null) return;
        if (this.deps.now() - checkedAtMs >= RIGHTS_MS) {
          checkedAtMs = this.deps.now();
          if (JSON.stringify(await sightOf(ctx)) !== seat.sight) {
            seat.leave();
            seat = await this.#sit(ctx, input);
            id = seat.here;
            this.deps.metrics.resync("rights", 1);
            yield { id, frame: { type: "resync", reason: "What you may see has changed." } };
            continue;
          }
        }
        id = next?.id ?? seat.reader.passed ?? id;
        if (next !== undefined) yield { id, frame: next.frame };
        if (next !== undefined && this.deps.now() - pingedAtMs < PING_AT_LEAST_MS) continue;
        pingedAtMs = this.deps.now();
        yield { id, frame: { type: "ping", ...this.#stands(seat.view), lagMs: this.deps.fleet.feed.lagMs() } };
      }
    } finally {
      seat.leave();
    }
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    clearInterval(this.#confirming);
    for (const group of this.#groups.values()) {
      clearTimeout(group.timer);
      for (const reader of group.readers) reader.close();
    }
    this.#groups.clear();
  }

  /** A new reader among those who may see and want the same. */
  async #sit(ctx: OperationContext, input: z.output<typeof WatchInput>): Promise<Seat> {
    const sight = await sightOf(ctx);
    const view = await viewOf(this.#sql, { sight, actor: ctx.actor }, input.topics);
    const reader = new Reader(() => this.deps.metrics.resync("slow", 1));
    const leave = this.#join(view, reader);
    try {
      if (this.#confirmations.length === 0) this.#confirmations = await readConfirmations(this.#sql);
      // Joined first and the position read after: nothing that changes in between is missed.
      const here = formatCursor(await feedPosition(this.#sql));
      reader.startAt(here);
      return { reader, view, sight: JSON.stringify(sight), here, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  get #sql(): Sql {
    return this.deps.database.sql;
  }
  /** The time here, and what everything a view's readers see is true at. */
  #stands(view: View): { serverTime: string; confirmedAt: string | null } {
    const confirmedAt = oldestOf(this.#confirmations, view.sight.clusters);
    return { serverTime: new Date(this.deps.now()).toISOString(), confirmedAt };
  }

  /** Tells of clusters that became stale, or are not any more, because time went by or their writer died. Never throws. */
  async #confirm(): Promise<void> {
    const before = new Map(this.#confirmations.map(({ clusterId, stale }) => [clusterId, stale]));
    this.#confirmations = [];
    // The next reader asks for itself.
    if (this.#groups.size === 0) return;
    try {
      this.#confirmations = await readConfirmations(this.#sql);
    } catch (error) {
      this.deps.log.warn({ err: error }, "whether clusters are confirmed could not be read");
    }
    const turned = this.#confirmations.filter(({ clusterId, stale }) => stale !== (before.get(clusterId) ?? false));
    if (turned.length > 0)
      this.#wait({ ...NOTHING_TOLD, clusterIds: new Set(turned.map(({ clusterId }) => clusterId)) }, false);
  }

  #join(view: View, reader: Reader): () => void {
    if (this.#closed) reader.close();
    const group = this.#groups.get(view.name) ?? {
      view,
      readers: new Set(),
      waiting: [],
      isOfLog: true,
      timer: undefined,
      toldAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#groups.set(view.name, group);
    group.readers.add(reader);
    return () => {
      group.readers.delete(reader);
      if (group.readers.size > 0) return;
      clearTimeout(group.timer);
      if (this.#groups.get(view.name) === group) this.#groups.delete(view.name);
    };
  }

  /** What happened since a client was last told, and up to where; `resync` when that cannot be said any more. */
  async #missed({ view, here }: Seat, from: FeedPosition | null): Promise<{ frames: LiveFrame[]; upTo: string }> {
    const logged = from === null ? "resync" : await readLog(this.#sql, from, REPLAY_MAX + 1);
    const anew = (reason: string): { frames: LiveFrame[]; upTo: string } => {
      this.deps.metrics.resync("missed", 1);
      return { frames: [{ type: "resync", reason }], upTo: here };
    };
    if (logged === "resync" || from === null) return anew("What happened since can no longer be told.");
    if (logged.length > REPLAY_MAX) return anew("Too much happened since.");
    const upTo = formatCursor({ epoch: from.epoch, number: logged.at(-1)?.number ?? from.number });
    return { frames: await framesOf(this.#sql, view, await readTold(this.#sql, logged)), upTo };
  }

  /** After everything told before; a failure costs every reader a fetch, never the stream. */
  #inTurn(work: () => Promise<void>): void {
    this.#telling = this.#telling.then(work).catch((error: unknown) => {
      this.deps.log.warn({ err: error }, "changes could not be told: every reader is to fetch anew");
      this.#resync("Changes could not be read.");
    });
  }

  async #tell(batch: Parameters<FeedListener>[0]): Promise<void> {
    this.#position = batch.position;
    if ("resync" in batch) return this.#resync("What happened meanwhile can no longer be told.");
    if (this.#groups.size === 0) return;
    this.#tellLag();
    this.#wait(await readTold(this.#sql, batch.changes), true);
  }

  /** For others to share their frame. */
  #wait(told: Told, isOfLog: boolean): void {
    for (const group of this.#groups.values()) {
      group.waiting.push(told);
      group.isOfLog &&= isOfLog;
      const apartMs = group.view.isClose ? CLOSE_MS : LIST_MS;
      const waitMs = Math.max(0, group.toldAtMs + apartMs - performance.now());
      group.timer ??= setTimeout(() => this.#inTurn(() => this.#flush(group)), waitMs);
    }
  }

  async #flush(group: Group): Promise<void> {
    group.timer = undefined;
    group.toldAtMs = performance.now();
    const { waiting, isOfLog } = group;
    group.waiting = [];
    group.isOfLog = true;
    if (waiting.length === 0) return;
    // Before the first stretch of the feed its position is not known: those frames move no reader on.
    const id = this.#position === undefined ? undefined : formatCursor(this.#position);
    const frames = await framesOf(this.#sql, group.view, mergeTold(waiting));
    for (const reader of group.readers) reader.push(frames, id, isOfLog);
  }

  /** Changes that come late are told to be late, and once that they come on time again; a ping says it too. */
  #tellLag(): void {
    const ms = this.deps.fleet.feed.lagMs();
    if (ms === 0 && !this.#isLate) return;
    this.#isLate = ms > 0;
    const frame: LiveFrame = { type: "lag", lagMs: ms };
    for (const group of this.#groups.values()) for (const reader of group.readers) reader.tell(frame);
  }

  #resync(reason: string): void {
    if (this.#position === undefined) return;
    const id = formatCursor(this.#position);
    for (const group of this.#groups.values()) {
      group.waiting = [];
      group.isOfLog = true;
      this.deps.metrics.resync("feed", group.readers.size);
      for (const reader of group.readers) reader.push([{ type: "resync", reason }], id);
    }
  }
}
