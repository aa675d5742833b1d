import type { PodLogFrame } from "@flux-orchestrator/contract";
import { V1_HEADERS } from "../json-answer.ts";
import { lineText } from "./log.ts";

const HEADERS = {
  ...V1_HEADERS,
  "Content-Type": "text/plain; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/**
 * A log as text, as it is written; nothing is read ahead of the reader.
 * @throws DomainError when the stream fails before its first frame; afterwards the connection breaks off
 */
export async function followingText(frames: AsyncGenerator<PodLogFrame>, withTimes: boolean): Promise<Response> {
  const first = await frames.next();
  const encoder = new TextEncoder();
  const textOf = ({ lines }: PodLogFrame) => encoder.encode(lines.map((line) => lineText(line, withTimes)).join(""));
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Also without a line: the headers go out with the first byte of a body, or at its end.
        if (first.done !== true && first.value.lines.length > 0) controller.enqueue(textOf(first.value));
      },
      async pull(controller) {
        for (;;) {
          const { value, done } = await frames.next();
          if (done === true) return controller.close();
          if (value.lines.length > 0) return controller.enqueue(textOf(value));
        }
      },
      async cancel() {
        await frames.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: HEADERS });
}
