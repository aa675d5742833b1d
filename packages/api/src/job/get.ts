import { JobDetail, JobInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readItems } from "./job-rows.ts";
import { ownJob } from "./own-job.ts";

/** A job of one's own with how each item stands or ended. @throws DomainError NOT_FOUND */
export const getJob = operation({
  name: "job.get",
  permission: "system.read",
  scope: () => FLEET,
  effect: "read",
  input: JobInput,
  output: JobDetail,
  invalid: { id: "NOT_FOUND" },
  run: async (ctx, { id }) => ({ ...(await ownJob(ctx, id)), items: await readItems(ctx.sql, id) }),
});
