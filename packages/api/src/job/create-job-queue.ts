import { DomainError } from "@flux-orchestrator/contract";
import { openClient } from "@flux-orchestrator/db";
import type { JobQueue } from "./job-queue.ts";
import { JobLeftError, type JobRunnerDeps, runJob } from "./run-job.ts";

/** Tables of pg-boss, apart from ours. */
const SCHEMA = "job_queue";
const QUEUE = "jobs";
/** Jobs one process runs at once; each has its own number of items under way. */
const JOBS_AT_ONCE = 3;
/** A job submitted here begins at once; this is for those of other processes, seconds. */
const LOOK_EVERY_S = 5;
/** A process that has not been heard of for this long is dead, and its jobs are gone on with; 10 is the least. */
const HEARTBEAT_S = 10;
const DAY_S = 24 * 60 * 60;
/** What is under way when we stop has this long to end. */
const STOP_MS = 5_000;
const AGAIN_MS = 5_000;

const QUEUE_OPTIONS = {
  // A retry is the going on after a restart, at the next look. How items fared is ours to know: a failed one is no failed run.
  retryLimit: 10_000,
  heartbeatSeconds: HEARTBEAT_S,
  expireInSeconds: DAY_S - 1,
  retentionSeconds: 365 * DAY_S,
  deleteAfterSeconds: DAY_S,
};

interface Opened {
  enqueue: JobQueue["enqueue"];
  wake(): void;
  close(): Promise<void>;
}

/** @param deps what a job that is gone on with needs; nothing is opened before `start` or the first `enqueue` */
export function createJobQueue(deps: JobRunnerDeps): JobQueue {
  const stopping = new AbortController();
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  const open = async (): Promise<Opened> => {
    if (stopping.signal.aborted)
      throw new DomainError("DB_UNAVAILABLE", "This server is being stopped.", { retryAfterMs: 5_000 });
    opening ??= openQueue(deps, stopping.signal).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    opened = await opening;
    return opened;
  };
  const start = () => {
    open().catch((error: unknown) => {
      if (stopping.signal.aborted) return;
      deps.log.warn({ err: error }, "jobs cannot be run yet; it is tried again");
      again = setTimeout(start, AGAIN_MS);
    });
  };
  return {
    start,
    enqueue: async (tx, jobId) => (await open()).enqueue(tx, jobId),
    wake: () => opened?.wake(),
    async stop() {
      stopping.abort();
      clearTimeout(again);
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** pg-boss over postgres.js, loaded here so that a start need not wait for it. */
async function openQueue(deps: JobRunnerDeps, stopping: AbortSignal): Promise<Opened> {
  const { fromBunSql, PgBoss } = await import("pg-boss");
  // It makes and migrates its own tables.
  const sql = openClient(deps.database.target, { max: 3, statementMs: 60_000 });
  const boss = new PgBoss({
    // The adapter asks for nothing that postgres.js does not have.
    db: fromBunSql(sql),
    schema: SCHEMA,
    schedule: false,
    superviseIntervalSeconds: HEARTBEAT_S,
    monitorIntervalSeconds: HEARTBEAT_S,
  });
  const warn = (err: unknown) => deps.log.warn({ err }, "the job queue reports a problem");
  boss.on("error", warn);
  boss.on("warning", warn);
  try {
    await boss.start();
    await boss.createQueue(QUEUE, QUEUE_OPTIONS);
    await boss.updateQueue(QUEUE, QUEUE_OPTIONS);
    const look = () =>
      boss.work<{ jobId: string }>(QUEUE, { pollingIntervalSeconds: LOOK_EVERY_S }, async ([job]) => {
        if (job !== undefined) await run(deps, job.data.jobId, AbortSignal.any([stopping, job.signal]));
      });
    const workers = await Promise.all(Array.from({ length: JOBS_AT_ONCE }, look));
    return {
      async enqueue(tx, jobId) {
        await boss.send(QUEUE, { jobId }, { db: fromBunSql(tx as typeof sql) });
      },
      wake() {
        for (const worker of workers) boss.notifyWorker(worker);
      },
      async close() {
        await boss.stop({ graceful: true, timeout: STOP_MS });
        await sql.end({ timeout: 2 });
      },
    };
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    await sql.end({ timeout: 2 });
    throw error;
  }
}

async function run(deps: JobRunnerDeps, jobId: string, stopping: AbortSignal): Promise<void> {
  try {
    await runJob(deps, jobId, stopping);
  } catch (error) {
    if (!(error instanceof JobLeftError))
      deps.log.error({ err: error, jobId }, "a job was interrupted; it is gone on with");
    throw error;
  }
}
