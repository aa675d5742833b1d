import type { DomainError, ErrorCode, JobItemState } from "@flux-orchestrator/contract";
import { Gathered, type Sql, storableJson } from "@flux-orchestrator/db";
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
  /** Those that end while others are being stored are stored together. */
  readonly #ended = new Gathered<{ position: number; end: ItemEnd }>((ended) => this.#storeEnded(ended));

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

  /** Begins items: the inputs of those that may; none when nothing may begin any more, or another process has the job. */
  async begin(positions: readonly number[]): Promise<Map<number, unknown>> {
    const { id, attempt } = this.record;
    // The job's row is locked before the items': a cancel, or another process that takes the job, comes before or after.
    const items = await this.sql<{ position: number; input: string }[]>`
      with mine as (
        select id from jobs where id = ${id}::uuid and attempt = ${attempt} and cancel_requested_at is null for share
      )
      update job_items i set state = 'running', attempt = ${attempt}, started_at = now()
      from mine where i.job_id = mine.id and i.position = any(${[...positions]}::int[]) and i.state = 'waiting'
      returning i.position, i.input`;
    return new Map(items.map(({ position, input }) => [position, JSON.parse(input) as unknown]));
  }

  ended(position: number, end: ItemEnd): Promise<undefined> {
    return this.#ended.add({ position, end });
  }

  async #storeEnded(ended: readonly { position: number; end: ItemEnd }[]): Promise<undefined> {
    const { id, attempt } = this.record;
    const rows = ended.map(({ position, end }) => ({ position, ...end }));
    await this.sql`
      update job_items i set state = w.state, code = w.code, message = coalesce(w.message, ''), hint = w.hint, ended_at = now()
      from jsonb_to_recordset(${storableJson(rows)}::text::jsonb) as w (position int, state text, code text, message text, hint text)
      where i.job_id = ${id}::uuid and i.position = w.position and i.attempt = ${attempt} and i.state = 'running'`;
    return undefined;
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
