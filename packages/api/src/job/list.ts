import { Job } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readJobs } from "./job-rows.ts";

const NEWEST = 20;

/** The jobs this actor submitted last, newest first: a page that was closed finds its job again. */
export const listJobs = operation({
  name: "job.list",
  permission: "system.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(Job),
  async run(ctx) {
    const rows = await readJobs(ctx.sql, ctx.sql`actor = ${ctx.actor.id}`, NEWEST);
    return rows.map(({ job }) => job);
  },
});
