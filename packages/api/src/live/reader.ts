import type { LiveFrame } from "@flux-orchestrator/contract";
import { parseCursor } from "./feed-cursor.ts";
import { frameBytes } from "./frame-bytes.ts";

/** A frame for one reader; `id` is where the feed stands after it, absent when more of the same stretch follows. */
export interface ReadFrame {
  frame: LiveFrame;
  id?: string;
}

/**
 * What waits for one slow reader at most, in bytes; beyond it everything is forgotten and the reader told to fetch anew. One
 * stretch is told whole to whoever has read all before, however long it is.
 */
const WAITING_BYTES_MAX = 256 * 1024;

/** The queue between the hub and one open stream. */
export class Reader {
  #waiting: ReadFrame[] = [];
  #waitingBytes = 0;
  #wake: (() => void) | undefined;
  #closed = false;
  /** Up to where nothing is left to tell, as long as nothing waits. */
  #passed: string | undefined;

  /** Up to where the reader knows everything already. */
  #start: string | undefined;

  /** @param onSlow called when everything that waits is forgotten */
  constructor(readonly onSlow: () => void = () => {}) {}

  /** What is true up to here is read or replayed: nothing of it is told again. */
  startAt(cursor: string): void {
    this.#start = cursor;
    const known = this.#waiting.findLastIndex(({ id }) => id !== undefined && this.#isKnown(id));
    for (const { frame } of this.#waiting.splice(0, known + 1)) this.#waitingBytes -= frameBytes(frame).length;
  }

  /**
   * Only the last frame moves the cursor: a stream that breaks among them is told all of them again.
   * @param isOfLog the log up to `id` tells it all; what time alone made true it does not
   */
  push(frames: readonly LiveFrame[], id?: string, isOfLog = true): void {
    if (id === undefined || !isOfLog || !this.#isKnown(id)) this.#add(frames, id);
  }

  #add(frames: readonly LiveFrame[], id: string | undefined): void {
    const end = id === undefined ? {} : { id };
    if (frames.length === 0) {
      if (id !== undefined) this.#moveOn(id);
      return;
    }
    const isBehind = this.#waiting.length > 0;
    this.#waiting.push(...frames.map((frame, at) => (at === frames.length - 1 ? { frame, ...end } : { frame })));
    this.#waitingBytes += bytesOf(frames);
    if (isBehind && this.#waitingBytes > WAITING_BYTES_MAX) {
      const reason = "This reader was too slow to be told every change.";
      this.#waiting = [{ ...end, frame: { type: "resync", reason } }];
      this.#waitingBytes = bytesOf(this.#waiting.map(({ frame }) => frame));
      this.onSlow();
    }
    this.#wake?.();
  }

  /** A word about the stream itself; it moves no cursor, and is worth nothing once there is a newer one. */
  tell(frame: LiveFrame): void {
    const older = this.#waiting.findIndex((waiting) => waiting.frame.type === frame.type && waiting.id === undefined);
    if (older >= 0) this.#waitingBytes -= frameBytes(this.#waiting.splice(older, 1)[0]!.frame).length;
    this.#waiting.push({ frame });
    this.#waitingBytes += frameBytes(frame).length;
    this.#wake?.();
  }

  /** What was missed before the stream was opened goes before what came since. */
  pushFirst(frames: readonly LiveFrame[], id: string): void {
    const [came, cameBytes] = [this.#waiting, this.#waitingBytes];
    [this.#waiting, this.#waitingBytes] = [[], 0];
    this.#add(frames, id);
    this.#waiting.push(...came);
    this.#waitingBytes += cameBytes;
  }

  /** Where the feed stands for a reader to whom nothing is told; undefined before the first stretch. */
  get passed(): string | undefined {
    return this.#waiting.length === 0 ? this.#passed : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The next frame; undefined when none came for `idleMs`, null when the stream is over. */
  async next(idleMs: number, signal: AbortSignal): Promise<ReadFrame | undefined | null> {
    const isOver = () => this.#closed || signal.aborted;
    if (this.#waiting.length === 0 && !isOver()) await this.#pause(idleMs, signal);
    if (isOver()) return null;
    const next = this.#waiting.shift();
    if (next === undefined) return next;
    this.#passed = undefined;
    this.#waitingBytes -= frameBytes(next.frame).length;
    return next;
  }

  #isKnown(id: string): boolean {
    const [start, at] = [this.#start === undefined ? null : parseCursor(this.#start), parseCursor(id)];
    return start !== null && at !== null && start.epoch === at.epoch && at.number <= start.number;
  }

  /** A stretch without anything for this reader moves it on too: it is not to be replayed. */
  #moveOn(id: string): void {
    const last = this.#waiting.at(-1);
    if (last === undefined) this.#passed = id;
    else last.id = id;
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
    });
  }
}

const bytesOf = (frames: readonly LiveFrame[]): number =>
  frames.reduce((sum, frame) => sum + frameBytes(frame).length, 0);
