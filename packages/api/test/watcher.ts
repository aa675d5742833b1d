import type { LiveFrame, WatchInput } from "@flux-orchestrator/contract";
import { until } from "@flux-orchestrator/testing";
import type { z } from "zod";
import type { Caller } from "../src/context.ts";
import { watch } from "../src/live/watch.ts";
import { openStream } from "../src/open-stream.ts";
import type { ApiFixture } from "./api-fixture.ts";

export type Told = { id: string; frame: LiveFrame };
type Of<T extends LiveFrame["type"]> = Extract<LiveFrame, { type: T }>;

/** One open stream and everything it told so far. */
export interface Watcher {
  readonly told: Told[];
  /** What the stream threw; null while it runs or when it just ended. */
  readonly error: unknown;
  readonly ended: boolean;
  /** Cursor of the last thing told. */
  readonly cursor: string;
  frames<T extends LiveFrame["type"]>(type: T): Of<T>[];
  /** Waits for the first frame that fits; what came before counts too. */
  until<T extends LiveFrame["type"]>(type: T, fits?: (frame: Of<T>) => boolean): Promise<Of<T>>;
  /** Hangs up; resolves once the stream is over. */
  close(): Promise<void>;
}

/** Opens the stream and reads until it is closed; resolves after its first frame. */
export async function openWatcher(
  fixture: ApiFixture,
  input: z.input<typeof WatchInput>,
  caller: Partial<Omit<Caller, "actor">> & { actor?: string } = {},
): Promise<Watcher> {
  const hangUp = new AbortController();
  const told: Told[] = [];
  const state = { error: null as unknown, ended: false };
  const reading = (async () => {
    try {
      for await (const item of openStream(watch, fixture.call({ ...caller, signal: hangUp.signal }), input))
        told.push(item);
    } catch (error) {
      state.error = error;
    }
    state.ended = true;
  })();
  const frames = <T extends LiveFrame["type"]>(type: T) =>
    told.flatMap(({ frame }) => (frame.type === type ? [frame as Of<T>] : []));
  await until("the stream is open", () => told.length > 0 || state.ended);
  return {
    told,
    get error() {
      return state.error;
    },
    get ended() {
      return state.ended;
    },
    get cursor() {
      return told.at(-1)?.id ?? "";
    },
    frames,
    until: (type, fits = () => true) =>
      until(`a frame "${type}" is told`, () => frames(type).find((frame) => fits(frame))),
    async close() {
      hangUp.abort();
      await reading;
    },
  };
}
