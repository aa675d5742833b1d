import type { Socket } from "node:net";

/** What the network is like at this moment, for every connection. */
export interface Conditions {
  /** How much later everything arrives, milliseconds. */
  latencyMs: number;
  /** In each direction of each connection. */
  bytesPerSecond: number;
  /** Nothing is read, and nothing is lost: it goes on afterwards. */
  stalls: boolean;
  /** Everything is taken and nothing is handed on. */
  swallows: boolean;
}

export const CLEAR: Conditions = {
  latencyMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  stalls: false,
  swallows: false,
};

/** Bytes under way beyond which the sender is not read on. */
const UNDER_WAY_MAX = 256 * 1024;
/** How often a part goes out while the bandwidth is narrow. */
const SLICE_MS = 10;

export interface FlowOptions {
  conditions: () => Conditions;
  /** Sees what comes, before it is queued. @returns false to break the connection off instead */
  inspect: (bytes: Buffer) => boolean;
  /** How much of this may go out: less than there is ends the connection behind it. */
  allow: (bytes: number) => number;
  onSwallowed: (bytes: number) => void;
  onCut: () => void;
}

/** One direction of a connection: what comes from one side goes to the other, as the network is. */
export class Flow {
  readonly #queue: { bytes: Buffer | null; dueMs: number }[] = [];
  #underWay = 0;
  #pumping = false;
  /** Nothing moves any more, for ever. */
  isSilent = false;

  constructor(
    readonly from: Socket,
    readonly to: Socket,
    readonly options: FlowOptions,
  ) {
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => this.#queueUp(null));
  }

  /** The network changed: reads on, or does not. */
  update(): void {
    if (this.#reads) this.from.resume();
    else this.from.pause();
    void this.#pump();
  }

  get #reads(): boolean {
    return !this.isSilent && !this.options.conditions().stalls && this.#underWay < UNDER_WAY_MAX;
  }

  #take(bytes: Buffer): void {
    if (this.isSilent) return;
    if (this.options.conditions().swallows) this.options.onSwallowed(bytes.length);
    else if (!this.options.inspect(bytes)) this.options.onCut();
    else {
      this.#underWay += bytes.length;
      this.#queueUp(bytes);
      if (this.#underWay >= UNDER_WAY_MAX) this.from.pause();
    }
  }

  #queueUp(bytes: Buffer | null): void {
    this.#queue.push({ bytes, dueMs: performance.now() + this.options.conditions().latencyMs });
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let next = this.#queue[0]; next !== undefined && this.#moves; next = this.#queue[0]) {
      const earlyMs = next.dueMs - performance.now();
      if (earlyMs > 0) await Bun.sleep(earlyMs);
      else if (next.bytes === null) {
        this.#queue.shift();
        this.to.end();
      } else await this.#hand(next as { bytes: Buffer });
    }
    this.#pumping = false;
  }

  get #moves(): boolean {
    const { stalls, swallows } = this.options.conditions();
    return !this.isSilent && !stalls && !swallows && !this.to.destroyed;
  }

  /** As much of the oldest as the bandwidth lets through. */
  async #hand(oldest: { bytes: Buffer }): Promise<void> {
    const { bytesPerSecond } = this.options.conditions();
    const isNarrow = bytesPerSecond < Number.POSITIVE_INFINITY;
    const size = isNarrow ? Math.max(1, Math.round((bytesPerSecond * SLICE_MS) / 1000)) : oldest.bytes.length;
    const slice = oldest.bytes.subarray(0, size);
    oldest.bytes = oldest.bytes.subarray(slice.length);
    if (oldest.bytes.length === 0) this.#queue.shift();
    const allowed = this.options.allow(slice.length);
    if (allowed < slice.length) {
      this.to.end(slice.subarray(0, allowed));
      this.from.destroy();
      return;
    }
    if (!this.to.write(slice)) await drained(this.to);
    if (isNarrow) await Bun.sleep((slice.length / bytesPerSecond) * 1000);
    this.#underWay -= slice.length;
    if (this.#reads) this.from.resume();
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
