import type { Job, LiveFrame } from "@flux-orchestrator/contract";
import { v1Json } from "../json-answer.ts";
import type { Told } from "../route.ts";
import { EVENT_HEADERS, textStream } from "../text-stream.ts";
import { toV1Bulk } from "./bulk.ts";

/**
 * How a bulk action stands, now and whenever it has gone on, as server-sent events named `bulk`; the last one says that it
 * has ended, and the stream ends with it. Comments keep it open meanwhile.
 *
 * @param read the job as it stands; asked once the stream is open, so that nothing is missed in between
 * @throws DomainError when the stream, or the job, is not to be had; afterwards the connection breaks off
 */
export async function bulkEvents(frames: Told<LiveFrame>, read: () => Promise<Job>): Promise<Response> {
  await frames.next();
  const first = await read();
  return new Response(textStream(eventsOf(frames, first, read), frames), { headers: EVENT_HEADERS });
}

async function* eventsOf(frames: Told<LiveFrame>, first: Job, read: () => Promise<Job>): AsyncGenerator<string, void> {
  try {
    yield eventOf(first);
    if (first.state === "ended") return;
    for await (const { frame } of frames) {
      const job = await jobOf(frame, read);
      if (job?.id !== first.id) {
        yield ": still there\n\n";
        continue;
      }
      yield eventOf(job);
      if (job.state === "ended") return;
    }
  } finally {
    await frames.return(undefined);
  }
}

/** What a frame tells of a job; one that says that something was missed makes it be read again. */
async function jobOf(frame: LiveFrame, read: () => Promise<Job>): Promise<Job | undefined> {
  if (frame.type === "job") return frame.job;
  return frame.type === "resync" || frame.type === "refetch" ? read() : undefined;
}

const eventOf = (job: Job): string => `event: bulk\ndata: ${v1Json(toV1Bulk(job))}\n\n`;
