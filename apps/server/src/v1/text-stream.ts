import { UNTOUCHED, V1_HEADERS } from "./json-answer.ts";

/** Headers of a text that goes on as something happens: neither kept nor gathered on the way. */
export const LIVE_HEADERS = {
  ...V1_HEADERS,
  ...UNTOUCHED,
  "X-Accel-Buffering": "no",
} as const;

/** The same for server-sent events. */
export const EVENT_HEADERS = { ...LIVE_HEADERS, "Content-Type": "text/event-stream" } as const;

/**
 * A text as bytes, piece by piece, each made when the client has taken the one before: what is held in memory does not grow
 * with the whole. A failure on the way breaks the answer off, so that half of it is never taken for all.
 *
 * @param source what the pieces are made of, if it has to end with them: a client may go before the first was made
 */
export function textStream(
  pieces: AsyncGenerator<string | Uint8Array, void>,
  source?: AsyncGenerator<unknown>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
      },
      async cancel() {
        await Promise.all([pieces.return(), source?.return(undefined)]);
      },
    },
    { highWaterMark: 0 },
  );
}
