import type { PodLogFrame } from "@flux-orchestrator/contract";
import type { Told } from "../route.ts";
import { LIVE_HEADERS, textStream } from "../text-stream.ts";
import { lineText } from "./log.ts";

/**
 * A log as text, as it is written; nothing is read ahead of the reader.
 * @throws DomainError when the stream fails before its first frame; afterwards the connection breaks off
 */
export async function followingText(frames: Told<PodLogFrame>, withTimes: boolean): Promise<Response> {
  const first = await frames.next();
  return new Response(textStream(textOf(first, frames, withTimes), frames), {
    headers: { ...LIVE_HEADERS, "Content-Type": "text/plain; charset=utf-8" },
  });
}

async function* textOf(
  first: IteratorResult<{ frame: PodLogFrame }>,
  frames: Told<PodLogFrame>,
  withTimes: boolean,
): AsyncGenerator<string, void> {
  for (let next = first; next.done !== true; next = await frames.next()) {
    const { lines } = next.value.frame;
    if (lines.length > 0) yield lines.map((line) => lineText(line, withTimes)).join("");
  }
}
