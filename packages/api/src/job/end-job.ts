import type { JobItemState } from "@flux-orchestrator/contract";
import { closeIntent } from "../audit.ts";
import type { SqlRunner } from "../context.ts";
import { announceJob } from "./announce-job.ts";

type Counts = Partial<Record<JobItemState, number>>;

/**
 * Ends a job of which nothing waits and nothing is under way, and records how it went as the outcome of its submission.
 * The caller holds the job's row.
 */
export async function endJob(tx: SqlRunner, jobId: string): Promise<void> {
  const [ended] = await tx<{ intentId: string; isCancelled: boolean }[]>`
    update jobs set state = 'ended', ended_at = now() where id = ${jobId}::uuid and state <> 'ended'
    returning intent_id::text as "intentId", cancel_requested_at is not null as "isCancelled"`;
  if (ended === undefined) return;
  const items = await tx<{ state: JobItemState; items: number }[]>`
    select state, count(*)::int as items from job_items where job_id = ${jobId}::uuid group by state`;
  const counts: Counts = Object.fromEntries(items.map(({ state, items }) => [state, items]));
  await closeIntent(tx, { intentId: ended.intentId, ...verdictOf(counts, ended.isCancelled) });
  await announceJob(tx, jobId);
}

/** A job went well when every item did, or needed nothing. What nobody can say outweighs what is known to have failed. */
function verdictOf(counts: Counts, isCancelled: boolean) {
  const { succeeded = 0, failed = 0, unknown = 0, cancelled = 0, skipped = 0 } = counts;
  const parts = [
    `${succeeded} of ${succeeded + failed + unknown + cancelled + skipped} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(cancelled > 0 ? [`${cancelled} not begun`] : []),
  ];
  const outcome = unknown > 0 ? "unknown" : failed + cancelled > 0 ? "failed" : "success";
  return { outcome, message: `${isCancelled ? "Cancelled: " : ""}${parts.join(", ")}` } as const;
}
