import { LOG_LINES_MAX } from "@flux-orchestrator/contract";
import { ContainerLog } from "./container-log.svelte.ts";
import { type LogSource, lineReader, merged, type ShownLine } from "./log-line.ts";

/** Streams at once: a browser keeps six connections to a server, and the page needs some itself. */
export const FOLLOWED_MAX = 3;
/** Containers whose logs are read at once. */
export const READ_MAX = 60;
/** Lines are shown at most this often. */
const SHOW_EVERY_MS = 250;

/** The logs of some containers as one list, by time. */
export class LogView {
  lines = $state.raw<ShownLine[]>([]);
  /** Lines that came, those that were dropped since included. */
  received = $state(0);
  containers = $state.raw<ContainerLog[]>([]);
  #waiting: ShownLine[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Reads them, or follows them while the page is in sight, until the returned function is called. */
  open(
    sources: readonly LogSource[],
    { follow, ...asked }: { cluster: string; tail: number; previous: boolean; follow: boolean },
  ): () => void {
    this.lines = [];
    this.received = 0;
    this.containers = sources.slice(0, READ_MAX).map((source) => {
      const read = lineReader(source);
      return new ContainerLog(source, asked, (lines) => this.#receive(read(lines)));
    });
    if (follow) this.follow();
    else for (const container of this.containers) void container.read();
    return () => {
      this.stop();
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#waiting = [];
    };
  }

  follow(): void {
    for (const container of this.containers) container.follow();
  }
  stop(): void {
    for (const container of this.containers) container.stop();
  }

  #receive(lines: readonly ShownLine[]): void {
    this.#waiting.push(...lines);
    if (this.lines.length === 0) this.#show();
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#show();
      }, SHOW_EVERY_MS);
  }
  #show(): void {
    this.received += this.#waiting.length;
    this.lines = merged(this.lines, this.#waiting, LOG_LINES_MAX);
    this.#waiting = [];
  }
}
