import type { LiveFrame, Topic } from "@flux-orchestrator/contract";
import { httpSubscriptionLink, TRPCUntypedClient } from "@trpc/client";
import { EventSource } from "eventsource";
import type { Connection } from "./client-options.ts";
import { errorOfAnswer } from "./error-of-answer.ts";
import { errorOfCode } from "./error-of-code.ts";
import { errorOfFailure } from "./error-of-failure.ts";
import type { FluxOrchestratorError } from "./errors.ts";
import { FrameQueue } from "./frame-queue.ts";
import type { AppRouter } from "./router-types.ts";

/** The server says something every 2 s; a stream that is silent for so long is dead, whatever its socket says. */
const SILENCE_MS = 30_000;
/** Trying again helps with these: the server is being restarted, or asks for patience. */
const TEMPORARY_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What happens in the fleet. After `resync` and `refetch` fetch anew what you show; everything else tells the change itself. */
export type WatchFrame = Exclude<LiveFrame, { type: "ping" }>;

export interface WatchEvent {
  readonly frame: WatchFrame;
  /** Where the stream stands after this frame: keep it to go on later, as `lastEventId`. */
  readonly cursor: string;
}

export interface WatchOptions {
  readonly topics: readonly Topic[];
  /** Begin after this cursor instead of now. */
  readonly lastEventId?: string;
  /** Ends the watch; its reason is then thrown. */
  readonly signal?: AbortSignal;
  /** `connecting` at the start and whenever the connection was lost, with what went wrong; `open` once it stands. */
  readonly onConnection?: (state: "connecting" | "open", error?: FluxOrchestratorError) => void;
}

/**
 * Follows changes until the loop is left. A lost connection is made again, and the stream resumed where it stopped:
 * nothing is missed, or a `resync` frame says so.
 *
 * @throws FluxOrchestratorError for what no new attempt would change, as NotAllowedError
 */
export async function* watch(
  connection: Connection,
  options: WatchOptions,
  silenceMs = SILENCE_MS,
): AsyncGenerator<WatchEvent, void, void> {
  let cursor = options.lastEventId;
  for (;;) {
    options.signal?.throwIfAborted();
    const frames = new FrameQueue<{ id: string; data: LiveFrame }>();
    const close = open(connection, { ...options, ...(cursor === undefined ? {} : { lastEventId: cursor }) }, frames);
    try {
      for (let next = await frames.next(silenceMs); next !== undefined; next = await frames.next(silenceMs)) {
        cursor = next.id;
        if (next.data.type !== "ping") yield { frame: next.data, cursor };
      }
      options.onConnection?.("connecting", silent(silenceMs));
    } finally {
      close();
    }
  }
}

/** One subscription. Lost connections it makes again by itself; only silence is left to see to. @returns closes it */
function open(
  { url, fetch }: Connection,
  { topics, lastEventId, signal, onConnection }: WatchOptions,
  frames: FrameQueue<{ id: string; data: LiveFrame }>,
): () => void {
  let refusal: FluxOrchestratorError | undefined;
  /** An EventSource tells of a refusal by its status only, and gives up for good at any. */
  const readable: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    refusal = errorOfAnswer(body, response.status);
    if (TEMPORARY_STATUS.has(response.status)) throw refusal;
    return new Response(null, { status: response.status });
  };
  const trpc = new TRPCUntypedClient<AppRouter>({
    links: [
      httpSubscriptionLink({
        url,
        EventSource,
        eventSourceOptions: { fetch: (input, init) => readable(input, init as RequestInit) },
      }),
    ],
  });
  const subscription = trpc.subscription(
    "live.watch",
    { topics, ...(lastEventId === undefined ? {} : { lastEventId }) },
    {
      onData: (event) => frames.push(event as { id: string; data: LiveFrame }),
      onError: (error) => frames.end(refusal ?? errorOfFailure(error)),
      onConnectionStateChange({ state, error }) {
        if (state === "pending") refusal = undefined;
        if (state === "pending") onConnection?.("open");
        if (state === "connecting")
          onConnection?.("connecting", refusal ?? (error ? errorOfFailure(error) : undefined));
      },
    },
  );
  const abort = () => frames.end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  return () => {
    signal?.removeEventListener("abort", abort);
    subscription.unsubscribe();
  };
}

function silent(silenceMs: number): FluxOrchestratorError {
  return errorOfCode({
    code: "UNREACHABLE",
    message: `Nothing was heard of the server for ${silenceMs / 1000} s; connecting again.`,
  });
}
