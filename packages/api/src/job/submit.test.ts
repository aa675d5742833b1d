import { beforeAll, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { statesOf, submitted, untilEnded } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touchAgain, touched, touchOnce } from "../../test/touch-jobs.ts";
import { listActivities } from "../activity/list.ts";
import { perform } from "../perform.ts";
import { submit } from "./submit.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));

test("a job answers at once, then runs every item through its operation and tells how each one went", async () => {
  const { job, requestId } = await submitted(fixture, touchOnce, { names: ["all-1", "bad-all", "all-2"] });
  expect(job).toMatchObject({ name: "thing.touchOnce", total: 3, endedAt: null });
  const ended = await untilEnded(fixture, job.id);
  expect(ended.counts).toEqual({
    waiting: 0,
    running: 0,
    succeeded: 2,
    failed: 1,
    skipped: 0,
    cancelled: 0,
    unknown: 0,
  });
  expect(ended.items).toMatchObject([
    { position: 0, title: "all-1", state: "succeeded", code: null, message: "" },
    {
      position: 1,
      title: "bad-all",
      state: "failed",
      code: "CLUSTER_UNREACHABLE",
      message: "bad-all does not answer.",
    },
    { position: 2, title: "all-2", state: "succeeded", code: null, message: "" },
  ]);
  expect(await touched(fixture.database, "all")).toEqual(["all-1", "bad-all", "all-2"]);
  expect(await fixture.recorded(requestId)).toMatchObject([
    { actor: "operator", operation: "thing.touchOnce", outcome: "failed", message: "2 of 3 succeeded, 1 failed" },
    { actor: "operator", operation: "thing.touch", resourceId: "all-1", outcome: "success" },
    { actor: "operator", operation: "thing.touch", resourceId: "bad-all", outcome: "failed" },
    { actor: "operator", operation: "thing.touch", resourceId: "all-2", outcome: "success" },
  ]);
});

test("items begin in their order, and no more are under way than the job says", async () => {
  const names = ["order-1", "order-2", "order-3", "order-4"];
  for (const name of names) held.add(name);
  const { job } = await submitted(fixture, touchAgain, { names });
  const begun = async (...expected: string[]) =>
    until("the items have begun", async () => (await touched(fixture.database, "order")).length >= expected.length);
  await begun("order-1", "order-2");
  held.delete("order-2");
  await begun("order-1", "order-2", "order-3");
  const [row] = await fixture.database.sql`
    select count(*) filter (where state = 'running')::int as running from job_items where job_id = ${job.id}`;
  expect(row).toEqual({ running: 2 });
  held.clear();
  expect((await untilEnded(fixture, job.id)).counts.succeeded).toBe(4);
  expect((await touched(fixture.database, "order")).toSorted()).toEqual(names);
});

test("a right that was taken away meanwhile refuses the items that are left, and each refusal is recorded", async () => {
  held.add("rights-1");
  const { job, requestId } = await submitted(fixture, touchOnce, { names: ["rights-1", "rights-2"] }, "leaver");
  await until("the first is under way", async () => (await touched(fixture.database, "rights")).length === 1);
  fixture.rights.give("leaver", allBut("resource.reconcile"));
  held.clear();
  const ended = await untilEnded(fixture, job.id, "leaver");
  expect(statesOf(ended)).toEqual({ "rights-1": "succeeded", "rights-2": "failed" });
  expect(ended.items[1]).toMatchObject({ code: "FORBIDDEN" });
  expect(await touched(fixture.database, "rights")).toEqual(["rights-1"]);
  expect(await fixture.recorded(requestId)).toMatchObject([
    { operation: "thing.touchOnce", outcome: "failed" },
    { operation: "thing.touch", resourceId: "rights-1", outcome: "success" },
    { operation: "thing.touch", resourceId: "rights-2", outcome: "failed" },
  ]);
});

/** What the failure of a submission says, and what it left. */
async function refused(names: unknown, actor: string) {
  const requestId = crypto.randomUUID();
  const answer = await submit(touchAgain, fixture.call({ actor, requestId }), { names }).then(
    () => expect.unreachable("it was expected to be refused"),
    refusalOf,
  );
  const left = await fixture.database.sql`select id from jobs where request_id = ${requestId}`;
  expect(left).toHaveLength(0);
  return { answer, recorded: await fixture.recorded(requestId) };
}

test("whoever may not submit starts nothing, and the attempt is recorded", async () => {
  fixture.rights.give("guest", allBut("resource.reconcile"));
  const { answer, recorded } = await refused(["guest-1"], "guest");
  expect(answer).toMatchObject({ code: "FORBIDDEN" });
  expect(recorded).toMatchObject([{ actor: "guest", operation: "thing.touchAgain", outcome: "failed" }]);
});

test("an input that is not valid starts nothing", async () => {
  const { answer, recorded } = await refused("all of them", "operator");
  expect(answer).toMatchObject({ code: "INPUT_INVALID" });
  expect(recorded).toEqual([]);
});

test("a job that cannot be stored whole is not stored at all, and the attempt is recorded as failed", async () => {
  const { sql } = fixture.database;
  const waiting = async () => [...(await sql`select count(*)::int as jobs from job_queue.job`)];
  const before = await waiting();
  // The change feed is written last, after the job, its items and its place in the queue.
  await sql`alter table feed_head rename to feed_head_away`;
  const { answer, recorded } = await refused(["half-1"], "operator").finally(
    () => sql`alter table feed_head_away rename to feed_head`,
  );
  expect(answer).toMatchObject({ code: "INTERNAL" });
  expect(recorded).toMatchObject([{ operation: "thing.touchAgain", outcome: "failed" }]);
  expect(await waiting()).toEqual(before);
});

test("an item with nothing to do is skipped, whether that is known at once or only when it is performed", async () => {
  const { job, requestId } = await submitted(fixture, touchOnce, { names: ["needless-1", "asleep-1", "awake-1"] });
  const ended = await untilEnded(fixture, job.id);
  expect(ended.counts).toMatchObject({ succeeded: 1, skipped: 2, failed: 0 });
  expect(ended.items).toMatchObject([
    { title: "needless-1", state: "skipped", code: "STATIC_KIND", hint: "Touch another.", startedAt: null },
    { title: "asleep-1", state: "skipped", code: "SUSPENDED", hint: "Wake it first." },
    { title: "awake-1", state: "succeeded", code: null, hint: null },
  ]);
  expect(await touched(fixture.database, "needless")).toEqual([]);
  expect(await fixture.recorded(requestId)).toMatchObject([
    { operation: "thing.touchOnce", outcome: "success", message: "1 of 3 succeeded, 2 skipped" },
    { operation: "thing.touch", resourceId: "asleep-1", outcome: "failed" },
    { operation: "thing.touch", resourceId: "awake-1", outcome: "success" },
  ]);
});

test("a job without items ends well", async () => {
  const { job, requestId } = await submitted(fixture, touchAgain, { names: [] });
  expect(await untilEnded(fixture, job.id)).toMatchObject({ total: 0, items: [] });
  expect(await fixture.recorded(requestId)).toMatchObject([{ outcome: "success", message: "0 of 0 succeeded" }]);
});

test("a job that this version does not know ends as failed instead of waiting for ever", async () => {
  held.add("unheard-1");
  const { job } = await submitted(fixture, touchOnce, { names: ["unheard-1", "unheard-2"] });
  await until("it is under way", async () => (await touched(fixture.database, "unheard")).length === 1);
  // As another version would have stored it; the queue hands it out again.
  await fixture.database.sql`update jobs set name = 'thing.unheardOf', attempt = attempt + 1 where id = ${job.id}`;
  await fixture.database.sql.begin((tx) => fixture.call().jobs.enqueue(tx, job.id));
  fixture.call().jobs.wake();
  const ended = await untilEnded(fixture, job.id);
  held.clear();
  expect(statesOf(ended)).toEqual({ "unheard-1": "unknown", "unheard-2": "failed" });
  expect(ended.items[1]).toMatchObject({ code: "NOT_FOUND" });
  expect(await touched(fixture.database, "unheard")).toEqual(["unheard-1"]);
});

test("Activity shows a job as running for as long as it takes, and then how it ended", async () => {
  held.add("long-1");
  const { job } = await submitted(fixture, touchOnce, { names: ["long-1"] });
  const outcomeInAnHour = async () => {
    const call = fixture.call();
    const later = { ...call, deps: { ...call.deps, now: () => Date.now() + 60 * 60_000 } };
    const { activities } = await perform(listActivities, later, { action: ["touch_once"], limit: 1 });
    return activities.map(({ outcome, message }) => ({ outcome, message }));
  };
  expect(await outcomeInAnHour()).toEqual([{ outcome: "running", message: "" }]);
  held.clear();
  await untilEnded(fixture, job.id);
  expect(await outcomeInAnHour()).toEqual([{ outcome: "success", message: "1 of 1 succeeded" }]);
});
