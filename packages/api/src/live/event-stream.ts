import { DomainError, type LiveFrame } from "@flux-orchestrator/contract";
import { getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import type { RequestContext } from "../request-context.ts";
import { appRouter } from "../router.ts";
import { toTrpcError } from "../trpc.ts";
import { frameBytes } from "./frame-bytes.ts";
import { watch } from "./watch.ts";

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};
const encoder = new TextEncoder();

/**
 * Answers the subscription `live.watch` in tRPC's own wire form, which its clients read. The router declares it and could
 * answer it as well, but would turn every frame to text for every reader anew: here a frame is encoded once for all.
 */
export function liveEventStream(ctx: RequestContext, request: Request): Response {
  const hangUp = new AbortController();
  const events = eventsOf(ctx, request, AbortSignal.any([request.signal, hangUp.signal]));
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await events.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        hangUp.abort();
        await events.return(undefined);
      },
    },
    // Nothing is read ahead: what a slow reader has not taken waits in its bounded queue.
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: HEADERS });
}

async function* eventsOf(ctx: RequestContext, request: Request, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  yield namedEvent("connected", "{}");
  let input: unknown;
  try {
    input = inputOf(request);
    for await (const { id, frame } of ctx.live(watch, input, signal)) yield frameEvent(id, frame);
    yield namedEvent("return", "");
  } catch (cause) {
    if (signal.aborted) return;
    const error = getTRPCErrorFromUnknown(cause instanceof DomainError ? toTrpcError(cause) : cause);
    const config = appRouter._def._config;
    const shape = getTRPCErrorShape({ config, error, type: "subscription", path: "live.watch", input, ctx });
    yield namedEvent("serialized-error", JSON.stringify(shape));
  }
}

/** The input of the address, and where the client stopped: what its EventSource says when it comes back counts. */
function inputOf(request: Request): unknown {
  const { searchParams } = new URL(request.url);
  const lastEventId = request.headers.get("last-event-id") ?? searchParams.get("lastEventId");
  let input: unknown;
  try {
    input = JSON.parse(searchParams.get("input") ?? "null");
  } catch (cause) {
    throw new TRPCError({ code: "BAD_REQUEST", cause });
  }
  return lastEventId === null ? input : { ...(input as object), lastEventId };
}

const namedEvent = (event: string, data: string): Uint8Array => encoder.encode(`event: ${event}\ndata: ${data}\n\n`);

const told = new WeakMap<LiveFrame, { id: string; event: Uint8Array }>();

/** Readers of one group are told the same frames at the same cursors. */
function frameEvent(id: string, frame: LiveFrame): Uint8Array {
  const known = told.get(frame);
  if (known?.id === id) return known.event;
  const event = Buffer.concat([encoder.encode(`id: ${id}\ndata: `), frameBytes(frame), encoder.encode("\n\n")]);
  told.set(frame, { id, event });
  return event;
}
