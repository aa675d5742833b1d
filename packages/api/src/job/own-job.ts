import { DomainError, type Job } from "@flux-orchestrator/contract";
import type { OperationContext } from "../context.ts";
import { readJobs } from "./job-rows.ts";

/**
 * A job that this actor submitted; those of others are as if they were not there.
 * @throws DomainError NOT_FOUND
 */
export async function ownJob(ctx: OperationContext, id: string): Promise<Job> {
  const [found] = await readJobs(ctx.sql, ctx.sql`id = ${id}::uuid and actor = ${ctx.actor.id}`, 1);
  if (found === undefined) throw new DomainError("NOT_FOUND", "There is no such job.");
  return found.job;
}
