import { DomainError, Job, JobInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { announceJob } from "./announce-job.ts";
import { endJob } from "./end-job.ts";
import { readJobs } from "./job-rows.ts";
import { ownJob } from "./own-job.ts";

/**
 * Begins no further item of a job of one's own. What is under way ends by itself, and then the job. Idempotent; a job
 * that has ended stays as it is.
 *
 * @throws DomainError NOT_FOUND
 */
export const cancelJob = operation({
  name: "job.cancel",
  permission: "system.read",
  scope: () => FLEET,
  effect: "database",
  audit: {
    action: "cancel",
    async subject({ id }, ctx) {
      const [found] = await readJobs(ctx.sql, ctx.sql`id = ${id}::uuid`, 1);
      if (found === undefined) throw new DomainError("NOT_FOUND", "There is no such job.");
      return { resourceType: "job", resourceId: id, resourceName: found.job.name, clusterId: "", clusterName: "" };
    },
  },
  input: JobInput,
  output: Job,
  invalid: { id: "NOT_FOUND" },
  async run(ctx, { id }) {
    await ownJob(ctx, id);
    const [open] = await ctx.sql`
      update jobs set cancel_requested_at = coalesce(cancel_requested_at, now())
      where id = ${id}::uuid and state <> 'ended' returning id`;
    if (open === undefined) {
      ctx.note("It had ended before");
      return ownJob(ctx, id);
    }
    const { count } = await ctx.sql`
      update job_items set state = 'cancelled', ended_at = now() where job_id = ${id}::uuid and state = 'waiting'`;
    ctx.note(`${count} not begun`);
    const [underWay] = await ctx.sql`select from job_items where job_id = ${id}::uuid and state = 'running' limit 1`;
    await (underWay === undefined ? endJob(ctx.sql, id) : announceJob(ctx.sql, id));
    return ownJob(ctx, id);
  },
});
