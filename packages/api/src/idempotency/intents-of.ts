import { RUNNING_MS } from "../activity/activity-rows.ts";
import type { SqlRunner } from "../context.ts";
import type { Claim } from "./claim.ts";

/** What a request was about to do, as the audit log has it. */
export interface Intent {
  readonly id: string;
  readonly outcome: "success" | "failed" | "unknown" | null;
  /** Id of the job it started. */
  readonly jobId: string | null;
  /** Without an outcome, and young enough to get one: activities do not yet say that nobody knows it. */
  readonly mayEnd: boolean;
  /** It ended, and is known to have changed nothing. */
  readonly undone: boolean;
}

/** Nothing is changed, here or in a cluster, before its intent stands: a request without any has done nothing. */
export async function intentsOf(
  sql: SqlRunner,
  { actor, key, requestId }: Pick<Claim, "actor" | "key" | "requestId">,
): Promise<Intent[]> {
  // By time, which has an index: nothing is begun before the key is claimed.
  const rows = await sql<Omit<Intent, "undone">[]>`
    select i.id::text as id, o.outcome, j.id as "jobId",
      o.id is null and j.id is null and i.at > now() - ${RUNNING_MS} * interval '1 millisecond' as "mayEnd"
    from audit_events i
    left join audit_events o on o.intent_id = i.id and o.part = 'outcome'
    left join jobs j on j.intent_id = i.id
    where i.at >= (select claimed_at from idempotency_keys where actor = ${actor} and key = ${key})
      and i.part = 'intent' and i.request_id = ${requestId}
    order by i.id`;
  return rows.map((row) => ({ ...row, undone: row.outcome === "failed" && row.jobId === null }));
}
