import type { LogLine } from "@flux-orchestrator/contract";
import { type Failure, failureOf } from "../failure.ts";
import { trpc } from "../trpc.ts";
import type { LogSource } from "./log-line.ts";

export type LogState = "opening" | "following" | "interrupted" | "ended" | "read" | "stopped" | "failed";

/** The log of one container, read once or followed; it goes on where it stopped. */
export class ContainerLog {
  state = $state<LogState>("opening");
  failure = $state.raw<Failure | null>(null);
  /** Its newest lines were more than an answer holds. */
  truncated = $state(false);
  /** The last event's id. */
  #cursor: string | null = null;
  #close: () => void = () => {};

  constructor(
    readonly source: LogSource,
    readonly asked: { cluster: string; tail: number; previous: boolean },
    readonly receive: (lines: readonly LogLine[]) => void,
  ) {}

  get #pod() {
    const { namespace, pod: name, container } = this.source;
    return { cluster: this.asked.cluster, namespace, name, container, tail: this.asked.tail };
  }

  follow(): void {
    if (this.state === "ended" || this.state === "failed") return;
    this.#close();
    this.state = "opening";
    let over = false;
    const stream = trpc.workload.followPodLog.subscribe(
      { ...this.#pod, lastEventId: this.#cursor },
      {
        onData: ({ id, data: { lines, end } }) => {
          if (over) return;
          this.#cursor = id;
          this.#take(lines);
          if (end === "time") this.follow();
          else this.state = end === "log" ? "ended" : "following";
        },
        onConnectionStateChange: ({ state, error }) => {
          if (!over && state === "connecting" && error) this.state = "interrupted";
        },
        onError: (error) => {
          if (!over) this.#fail(error);
        },
      },
    );
    this.#close = () => {
      over = true;
      stream.unsubscribe();
    };
  }

  async read(): Promise<void> {
    const abort = new AbortController();
    this.#close = () => abort.abort();
    try {
      const { previous } = this.asked;
      const log = await trpc.workload.podLog.query({ ...this.#pod, previous }, { signal: abort.signal });
      this.truncated = log.truncated;
      this.#take(log.lines);
      this.state = "read";
    } catch (error) {
      if (!abort.signal.aborted) this.#fail(error);
    }
  }

  /** Until it is followed again. */
  stop(): void {
    this.#close();
    this.#close = () => {};
    if (["opening", "following", "interrupted"].includes(this.state)) this.state = "stopped";
  }

  #take(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.receive(lines);
  }
  #fail(error: unknown): void {
    this.failure = failureOf(error);
    this.state = "failed";
  }
}
