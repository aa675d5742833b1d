import { DomainError, PodLog, PodLogInput } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { logFailure, logSource } from "./log-container.ts";
import { newestLines } from "./newest-lines.ts";
import { OBJECT_FIELD_CODES, objectScope } from "./object-ref.ts";

/** Characters of one answer. */
const COST_MAX = 2 * 1024 * 1024;
/** Characters that are read for one answer, when the lines are so long that most of them do not fit. */
const READ_MAX = 32 * 1024 * 1024;
/** Milliseconds for the whole. */
const TIMEOUT_MS = 20_000;

export const LOG_FIELD_CODES = { ...OBJECT_FIELD_CODES, container: "NAME", tail: "TAIL" } as const;

/**
 * The newest lines of a container's log, with the time at which each was written; what steers terminals is taken out of them.
 *
 * @throws DomainError OBJECT_NOT_FOUND, also for a container that has no log; CLUSTER_UNREACHABLE, CLUSTER_TIMEOUT, …
 */
export const podLog = operation({
  name: "workload.podLog",
  permission: "resource.read",
  scope: objectScope,
  effect: "read",
  input: PodLogInput,
  output: PodLog,
  invalid: LOG_FIELD_CODES,
  async run(ctx, { tail, since, previous, ...ref }) {
    refuseFuture(since, ctx.now());
    const source = await logSource(ctx, ref);
    const pieces = source.named.objects.podLog("resource.read", source.named.at, {
      container: source.container,
      previous,
      tailLines: tail,
      ...(since === undefined ? {} : { since }),
      signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const { lines, dropped } = await newestLines(pieces, { costMax: COST_MAX, readMax: READ_MAX }).catch(
      (error: unknown) => {
        throw logFailure(error, source, previous);
      },
    );
    return { container: source.container, lines, truncated: dropped > 0 };
  },
});

/** Nothing was written then yet. @throws DomainError INPUT_INVALID */
export function refuseFuture(since: string | undefined, now: number): void {
  if (since !== undefined && Date.parse(since) > now)
    throw new DomainError("INPUT_INVALID", "since: lies in the future.");
}
