import type { DomainError, ErrorCode, JobItemState } from "@flux-orchestrator/contract";
import type { Sql } from "@flux-orchestrator/db";
import type { Through } from "../context.ts";
import type { Job } from "../operation.ts";
import { announceJob } from "./announce-job.ts";
import { endJob } from "./end-job.ts";

export interface JobRecord {
  id: string;
  name: string;
  actor: string;
  through: Through;
  requestId: string;
  attempt: number;
}

/** An item that has not begun. */
export interface WaitingItem {
  position: number;
  clusterId: string | null;
}

/** How an item ended. */
export interface ItemEnd {
  state: Extract<JobItemState, "succeeded" | "failed" | "skipped" | "unknown">;
  code?: ErrorCode;
  message?: string;
  hint?: string;
}
export const endOfFailure = (failure: DomainError, state: "failed" | "skipped" | "unknown"): ItemEnd => ({
  state,
  code: failure.code,
  message: failure.message,
  ...(failure.hint === undefined ? {} : { hint: failure.hint }),
});

/**
 * A job that this process runs. Every write is fenced by the attempt in which it was taken: a process that was taken for
 * dead, and wakes up after another went on, changes nothing any more.
 */
export class TakenJob {
  constructor(
    readonly sql: Sql,
    readonly record: JobRecord,
  ) {}

  /** What has not begun, in order. */
  async waiting(): Promise<WaitingItem[]> {
    return await this.sql<WaitingItem[]>`
      select position, cluster_id::text as "clusterId" from job_items
      where job_id = ${this.record.id}::uuid and state = 'waiting' order by position`;
  }

  /** Begins an item: its input; undefined when nothing may begin any more, or another process has the job. */
  async begin(position: number): Promise<{ input: unknown } | undefined> {
    const { id, attempt } = this.record;
    // The job's row is locked before the item's: a cancel, or another process that takes the job, comes before or after.
    const [item] = await this.sql<{ input: string }[]>`
      with mine as (
        select id from jobs where id = ${id}::uuid and attempt = ${attempt} and cancel_requested_at is null for share
      )
      update job_items i set state = 'running', attempt = ${attempt}, started_at = now()
      from mine where i.job_id = mine.id and i.position = ${position} and i.state = 'waiting'
      returning i.input`;
    return item === undefined ? undefined : { input: JSON.parse(item.input) };
  }

  async ended(position: number, { state, code, message = "", hint }: ItemEnd): Promise<void> {
    const { id, attempt } = this.record;
    await this.sql`
      update job_items set state = ${state}, code = ${code ?? null}, message = ${message}, hint = ${hint ?? null},
        ended_at = now()
      where job_id = ${id}::uuid and position = ${position} and attempt = ${attempt} and state = 'running'`;
  }

  /** Tells how the job stands. */
  async tell(): Promise<void> {
    await this.sql.begin((tx) => announceJob(tx, this.record.id));
  }

  /** Every item has ended. */
  async end(): Promise<void> {
    const { id, attempt } = this.record;
    await this.sql.begin(async (tx) => {
      const [mine] = await tx`
        select from jobs where id = ${id}::uuid and attempt = ${attempt} and state <> 'ended' for update`;
      if (mine !== undefined) await endJob(tx, id);
    });
  }
}

/**
 * Makes this process the one that runs a job, and decides about items that an earlier one left under way. Undefined when
 * the job has ended.
 */
export async function takeJob(
  sql: Sql,
  jobId: string,
  declaredAs: (name: string) => Job | undefined,
): Promise<{ taken: TakenJob; declared: Job | undefined } | undefined> {
  return sql.begin(async (tx) => {
    const [row] = await tx<(JobRecord & { isCancelled: boolean })[]>`
      update jobs set attempt = attempt + 1, state = 'running' where id = ${jobId}::uuid and state <> 'ended'
      returning id::text as id, name, actor, through, request_id as "requestId", attempt,
        cancel_requested_at is not null as "isCancelled"`;
    if (row === undefined) return undefined;
    const { isCancelled, ...record } = row;
    const declared = declaredAs(record.name);
    if (declared?.interrupted === "again" && !isCancelled)
      await tx`update job_items set state = 'waiting' where job_id = ${jobId}::uuid and state = 'running'`;
    else
      await tx`
        update job_items set state = 'unknown', ended_at = now(), message = ${INTERRUPTED}
        where job_id = ${jobId}::uuid and state = 'running'`;
    await announceJob(tx, jobId);
    return { taken: new TakenJob(sql, record), declared };
  });
}

const INTERRUPTED = "The server ended while this was under way: it may have happened or not.";
