import { z } from "zod";
import { ERROR_STATUS, type ErrorCode } from "./errors.ts";

/**
 * How one item of a job stands. `unknown`: it was under way when the server ended, and nobody can say whether it happened.
 * `cancelled`: it was never begun. `skipped`: there was nothing to do for it, and `code` says why.
 */
export const JOB_ITEM_STATES = [
  "waiting",
  "running",
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
  "unknown",
] as const;
export const JobItemState = z.enum(JOB_ITEM_STATES);
export type JobItemState = z.infer<typeof JobItemState>;

export const JobItem = z.object({
  /** Place in the order in which they begin, from 0. */
  position: z.number().int(),
  /** What the item is about, as it was called when the job was submitted. */
  title: z.string(),
  clusterId: z.uuid().nullable(),
  state: JobItemState,
  /** Why it failed or was skipped; else null. */
  code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]).nullable(),
  message: z.string(),
  /** What to do next, where there is something to say. */
  hint: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
});
export type JobItem = z.infer<typeof JobItem>;

/** Many items of one operation, submitted together. It goes on when the page is closed and when the server restarts. */
export const Job = z.object({
  id: z.uuid(),
  /** What was submitted: `cluster.resyncAll`. */
  name: z.string(),
  /** `waiting`: no item has begun. `cancelling`: what is under way ends, nothing more begins. */
  state: z.enum(["waiting", "running", "cancelling", "ended"]),
  total: z.number().int(),
  /** Items by how they stand; every state is there. */
  counts: z.record(JobItemState, z.number().int()),
  submittedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type Job = z.infer<typeof Job>;

export const JobDetail = Job.extend({ items: z.array(JobItem) });
export type JobDetail = z.infer<typeof JobDetail>;

export const JobInput = z.strictObject({ id: z.uuid() });
