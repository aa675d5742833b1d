import { DomainError } from "@flux-orchestrator/contract";
import type { ApiDeps, CallContext, Caller } from "../context.ts";
import { toDomainError } from "../errors.ts";
import type { ApiMetrics } from "../metrics.ts";
import type { Job } from "../operation.ts";
import { perform, UNSURE } from "../perform.ts";
import { Turns } from "../turns.ts";
import { Progress } from "./progress.ts";
import { endOfFailure, type ItemEnd, type TakenJob, takeJob } from "./taken-job.ts";

export interface JobRunnerDeps {
  readonly database: ApiDeps["database"];
  readonly log: ApiDeps["log"];
  readonly metrics: ApiMetrics;
  readonly declared: readonly Job[];
  contextOf(caller: Caller): CallContext;
  /** The change feed has something to tell. */
  announce(): void;
}

/** This process stops: the job is left to the next one, which goes on where it stands. */
export class JobLeftError extends Error {
  override readonly name = "JobLeftError";
}

/**
 * Runs what is left of a job, from its first item or from where an earlier process left it.
 * @throws JobLeftError once `stopping` is aborted; what the database says when it does not answer: then it is run again
 */
export async function runJob(deps: JobRunnerDeps, jobId: string, stopping: AbortSignal): Promise<void> {
  const found = await takeJob(deps.database.sql, jobId, (name) => deps.declared.find((job) => job.name === name));
  if (found === undefined) return;
  const { taken, declared } = found;
  const run = declared === undefined ? refuseItem : (input: unknown) => runItem(deps, taken, { declared, input });
  const failed = new AbortController();
  const over = AbortSignal.any([stopping, failed.signal]);
  const progress = new Progress(async () => {
    await taken.tell();
    deps.announce();
  });
  const underWay = new Set<Promise<void>>();
  /** What has ended and is being stored: those that end meanwhile share the next write, and nobody's turn waits for it. */
  const storing = new Set<Promise<void>>();
  const hold = (set: Set<Promise<void>>, work: Promise<void>) => {
    const held = work.catch((error: unknown) => failed.abort(error)).finally(() => set.delete(held));
    set.add(held);
  };
  const store = async (position: number, end: ItemEnd) => {
    await taken.ended(position, end);
    deps.metrics.jobItem(end.state);
    progress.moved();
  };
  const turns = new Turns(await taken.waiting(), declared?.concurrencyPerCluster ?? 1, ({ clusterId }) => clusterId);
  while (!over.aborted) {
    const next = turns.takeUpTo((declared?.concurrency ?? 1) - underWay.size);
    if (next.length === 0) {
      if (underWay.size === 0) break;
      await Promise.race(underWay);
      continue;
    }
    // In one statement, the ones before the others: items begin in their order.
    const inputs = await taken
      .begin(next.map(({ position }) => position))
      .catch((error: unknown) => failed.abort(error));
    if (inputs === undefined || inputs.size === 0) break;
    for (const item of next.filter(({ position }) => inputs.has(position))) {
      const ended = run(inputs.get(item.position)).finally(() => turns.giveBack(item));
      hold(
        underWay,
        ended.then((end) => hold(storing, store(item.position, end))),
      );
    }
  }
  // All of them are waited for: what one could not store must not leave the others running behind our back.
  await Promise.all(underWay);
  await Promise.all(storing);
  await progress.stop();
  failed.signal.throwIfAborted();
  if (stopping.aborted) throw new JobLeftError("this process stops");
  await taken.end();
  deps.announce();
}

/** The item's own operation, as whoever submitted the job: rights are asked for now, and what happens is recorded. */
async function runItem(
  { contextOf, log }: JobRunnerDeps,
  { record }: TakenJob,
  { declared, input }: { declared: Job; input: unknown },
): Promise<ItemEnd> {
  const { actor, through, requestId } = record;
  try {
    await perform(declared.item, contextOf({ actor: { id: actor }, through, requestId }), input);
    return { state: "succeeded" };
  } catch (error) {
    const failure = toDomainError(error, { operation: declared.item.name, requestId, log });
    const isUnsure = declared.interrupted === "unknown" && UNSURE.has(failure.code);
    const isNeedless = declared.skips.includes(failure.code);
    return endOfFailure(failure, isUnsure ? "unknown" : isNeedless ? "skipped" : "failed");
  }
}

/** A job that an older or a newer version stored. */
const refuseItem = async (): Promise<ItemEnd> =>
  endOfFailure(new DomainError("NOT_FOUND", "This version of Flux Orchestrator does not know this job."), "failed");
