import type { SqlRunner } from "../context.ts";

/** Where submitted jobs wait for a process that runs them. One per process. */
export interface JobQueue {
  /** Runs waiting jobs from here on, those of an earlier process included. Returns at once; tried again until it works. */
  start(): void;
  /** Part of the transaction that stores the job: there is no job that nobody will run. */
  enqueue(tx: SqlRunner, jobId: string): Promise<void>;
  /** Looks now for what was committed, instead of at the next turn. */
  wake(): void;
  /** Begins nothing more, and waits a little for what is under way. Jobs go on with the next start. */
  stop(): Promise<void>;
}
