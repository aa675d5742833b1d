import type { Job as SubmittedJob } from "@flux-orchestrator/contract";
import type { z } from "zod";
import { admit, entryOf, keepFailure, recordable } from "../admit.ts";
import { type AuditEntry, recordIntent } from "../audit.ts";
import type { CallContext, SqlRunner } from "../context.ts";
import { toDomainError } from "../errors.ts";
import type { Job, NewJobItem } from "../operation.ts";
import { lookupContext, newRunState, operationContext } from "../operation-context.ts";
import { validate } from "../validate.ts";
import { announceJob } from "./announce-job.ts";
import { readJobs } from "./job-rows.ts";

/**
 * The only way to start a job: validate → authorize → record the intent, store the job with its items, and enqueue it,
 * all in one transaction. Its outcome is recorded when the last item has ended. Returns at once.
 *
 * @throws DomainError, never anything else
 */
export async function submit<I extends z.ZodType>(
  declared: Job<I>,
  call: CallContext,
  input: unknown,
): Promise<SubmittedJob> {
  const { deps, caller, jobs } = call;
  const known = (error: unknown) =>
    toDomainError(error, { operation: declared.name, requestId: caller.requestId, log: deps.log });
  try {
    const lookup = lookupContext(call);
    const valid = validate(declared, input);
    await admit(declared, call, { lookup, valid });
    const entry = await entryOf(declared, call, { lookup, valid });
    const jobId = lookup.newId;
    try {
      await deps.database.sql.begin(async (tx) => {
        const items = await declared.items(operationContext(call, lookup, { sql: tx, state: newRunState() }), valid);
        await store(tx, { jobId, entry, items });
        await jobs.enqueue(tx, jobId);
        await announceJob(tx, jobId);
      });
    } catch (error) {
      const failure = known(error);
      await keepFailure(call, entry, failure.message);
      throw failure;
    }
    deps.fleet.feed.announce();
    jobs.wake();
    const [stored] = await readJobs(deps.database.sql, deps.database.sql`id = ${jobId}::uuid`, 1);
    return stored!.job;
  } catch (error) {
    throw known(error);
  }
}

async function store(
  tx: SqlRunner,
  { jobId, entry, items }: { jobId: string; entry: AuditEntry; items: readonly NewJobItem[] },
): Promise<void> {
  const intentId = await recordable(recordIntent(tx, entry));
  const { operation, actor, through, requestId } = entry;
  await tx`
    insert into jobs (id, name, actor, through, request_id, intent_id, state)
    values (${jobId}::uuid, ${operation}, ${actor.id}, ${through}, ${requestId}, ${intentId}::bigint, 'waiting')`;
  const rows = items.map(({ title, clusterId, input, skip }, position) => ({
    position,
    title,
    clusterId,
    input: JSON.stringify(input),
    state: skip === undefined ? "waiting" : "skipped",
    code: skip?.code ?? null,
    message: skip?.message ?? "",
    hint: skip?.hint ?? null,
  }));
  await tx`
    insert into job_items (job_id, position, title, cluster_id, input, state, code, message, hint, ended_at)
    select ${jobId}::uuid, position, title, "clusterId", input, state, code, message, hint,
      case state when 'skipped' then now() end
    from jsonb_to_recordset(${tx.json(rows)}) as r (position int, title text, "clusterId" uuid, input text, state text,
      code text, message text, hint text)`;
}
