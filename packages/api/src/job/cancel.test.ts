import { afterEach, beforeAll, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { statesOf, submitted, untilEnded } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touched, touchOnce } from "../../test/touch-jobs.ts";
import { cancelJob } from "./cancel.ts";
import { getJob } from "./get.ts";
import { listJobs } from "./list.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));
afterEach(() => held.clear());

/** A job whose first item is under way. */
async function underWay(prefix: string, actor?: string) {
  held.add(`${prefix}-1`);
  const started = await submitted(fixture, touchOnce, { names: [`${prefix}-1`, `${prefix}-2`] }, actor);
  await until("it is under way", async () => (await touched(fixture.database, prefix)).length === 1);
  return started;
}

test("what is under way ends, nothing more begins, and the job's outcome says so", async () => {
  const { job, requestId } = await underWay("cancel");
  expect(await fixture.perform(cancelJob, { id: job.id })).toMatchObject({
    state: "cancelling",
    counts: { running: 1, cancelled: 1 },
  });
  held.clear();
  const ended = await untilEnded(fixture, job.id);
  expect(statesOf(ended)).toEqual({ "cancel-1": "succeeded", "cancel-2": "cancelled" });
  expect(await touched(fixture.database, "cancel")).toEqual(["cancel-1"]);
  expect(await fixture.recorded(requestId)).toMatchObject([
    { operation: "thing.touchOnce", outcome: "failed", message: "Cancelled: 1 of 2 succeeded, 1 not begun" },
    { operation: "thing.touch", outcome: "success" },
  ]);
});

test("a job that has not begun ends at once", async () => {
  const busy = await Promise.all(["busy-a", "busy-b", "busy-c"].map((prefix) => underWay(prefix)));
  const { job } = await submitted(fixture, touchOnce, { names: ["late-1"] });
  expect(job.state).toBe("waiting");
  expect(await fixture.perform(cancelJob, { id: job.id })).toMatchObject({ state: "ended", counts: { cancelled: 1 } });
  held.clear();
  for (const { job } of busy) await untilEnded(fixture, job.id);
  expect(await touched(fixture.database, "late")).toEqual([]);
});

test("cancelling twice, or a job that has ended, changes nothing", async () => {
  const { job } = await submitted(fixture, touchOnce, { names: ["twice-1"] });
  const ended = await untilEnded(fixture, job.id);
  const { items: _, ...asItWas } = ended;
  expect(await fixture.perform(cancelJob, { id: job.id })).toEqual(asItWas);
  expect(await fixture.perform(cancelJob, { id: job.id })).toEqual(asItWas);
});

test("a job is seen and cancelled by whoever submitted it; to others it is not there", async () => {
  const { job } = await underWay("own", "owner");
  const notThere = { code: "NOT_FOUND", message: "There is no such job." };
  expect(await fixture.refusal(getJob, { id: job.id }, "other")).toMatchObject(notThere);
  expect(await fixture.refusal(cancelJob, { id: job.id }, "other")).toMatchObject(notThere);
  expect(await fixture.refusal(cancelJob, { id: crypto.randomUUID() }, "owner")).toMatchObject(notThere);
  expect(await fixture.perform(listJobs, undefined, "other")).toEqual([]);
  expect(await fixture.perform(listJobs, undefined, "owner")).toMatchObject([{ id: job.id, state: "running" }]);
  held.clear();
  expect((await untilEnded(fixture, job.id, "owner")).counts.succeeded).toBe(2);
});
