import { FollowPodLogInput, type LogLine, PodLogFrame } from "@flux-orchestrator/contract";
import { neutralLine } from "@flux-orchestrator/flux";
import { stream } from "../operation.ts";
import { logFailure, logSource } from "./log-container.ts";
import { LogCursor } from "./log-cursor.ts";
import { objectScope } from "./object-ref.ts";
import { LOG_FIELD_CODES, refuseFuture } from "./pod-log.ts";

/** Milliseconds; whoever still looks opens it again. */
const FOLLOW_MS = 30 * 60_000;

/**
 * A container's log as it is written: the newest lines first, then each line as it comes. The first frame is empty and comes as
 * soon as the node has answered, which for a log without a line is when the first is written. A reader that is slow holds the cluster back. With the last event's id it goes on where it stopped.
 *
 * @throws DomainError OBJECT_NOT_FOUND, also for a container that has no log; CLUSTER_UNREACHABLE, …
 */
export const followPodLog = stream({
  name: "workload.followPodLog",
  permission: "resource.read",
  // Each is a stream of its cluster, too.
  openMax: 500,
  scope: objectScope,
  input: FollowPodLogInput,
  output: PodLogFrame,
  invalid: LOG_FIELD_CODES,
  async *run(ctx, { tail, since, lastEventId, ...ref }) {
    refuseFuture(since, ctx.now());
    const source = await logSource(ctx, ref);
    const cursor = LogCursor.parse(lastEventId ?? null);
    const from = cursor.since ?? since;
    const over = AbortSignal.timeout(FOLLOW_MS);
    const pieces = source.named.objects.podLog("resource.read", source.named.at, {
      container: source.container,
      follow: true,
      // Where it stopped is said by time alone: how many lines came since is not known.
      ...(cursor.since === undefined ? { tailLines: tail } : {}),
      ...(from === undefined ? {} : { since: from }),
      signal: AbortSignal.any([ctx.signal, over]),
    });
    try {
      for await (const piece of pieces) {
        const lines = cursor.fresh(piece).map(({ at, text }): LogLine => ({ at, text: neutralLine(text) }));
        // Only the first one may be empty.
        if (lines.length > 0 || piece.length === 0) yield { id: cursor.id, frame: { lines } };
      }
      yield { id: cursor.id, frame: { lines: [], end: "log" as const } };
    } catch (error) {
      if (!over.aborted) throw logFailure(error, source, false);
      yield { id: cursor.id, frame: { lines: [], end: "time" as const } };
    }
  },
});
