import type { Job, JobDetail } from "@flux-orchestrator/contract";
import { until } from "@flux-orchestrator/testing";
import type { z } from "zod";
import { getJob } from "../src/job/get.ts";
import { submit } from "../src/job/submit.ts";
import type { Job as DeclaredJob } from "../src/operation.ts";
import type { ApiFixture } from "./api-fixture.ts";

type Fixture = Pick<ApiFixture, "call" | "perform">;

/** Submits as `actor` under a request id that the audit log is found by. */
export async function submitted<I extends z.ZodType>(
  fixture: Fixture,
  declared: DeclaredJob<I>,
  input: z.input<I>,
  actor = "operator",
): Promise<{ job: Job; requestId: string }> {
  const requestId = crypto.randomUUID();
  return { requestId, job: await submit(declared, fixture.call({ actor, requestId }), input) };
}

/** The job once it has ended. */
export const untilEnded = (fixture: Fixture, id: string, actor?: string): Promise<JobDetail> =>
  until("the job has ended", async () => {
    const job = await fixture.perform(getJob, { id }, actor);
    return job.state === "ended" && job;
  });

/** Title and state of each item, in order. */
export const statesOf = ({ items }: JobDetail): Record<string, string> =>
  Object.fromEntries(items.map(({ title, state }) => [title, state]));
