import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { statesOf, submitted, untilEnded } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touchAgain, touched, touchOnce } from "../../test/touch-jobs.ts";
import { createApi } from "../create-api.ts";
import { perform } from "../perform.ts";
import { takeJob } from "./taken-job.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));

/** The operations as a further process would have them. */
function anotherApi() {
  const { database, fleet, keyring, rights: authorizer } = fixture;
  const log = fixture.call().deps.log;
  const parts = { database, fleet, keyring, authorizer, log, egress: LOCAL_EGRESS, now: Date.now, jobs: TOUCH_JOBS };
  const api = createApi({ ...parts, mode: "local", version: "1.2.3" });
  const call = ({ actor = "operator", ...caller } = {}) =>
    api.context({ requestId: crypto.randomUUID(), through: "dashboard", ...caller, actor: { id: actor } });
  const fixtureOf = { call, perform: (declared, input) => perform(declared, call(), input) } as Pick<
    typeof fixture,
    "call" | "perform"
  >;
  return {
    ...fixtureOf,
    jobs: api.jobs,
    async [Symbol.asyncDispose]() {
      await api.jobs.stop();
      api.close();
    },
  };
}

test("stopping lets what is under way end and begins nothing more; the next start does the rest", async () => {
  const first = anotherApi();
  held.add("left-1");
  const { job } = await submitted(first, touchOnce, { names: ["left-1", "left-2", "left-3"] });
  await until("it is under way", async () => (await touched(fixture.database, "left")).length === 1);
  const stopped = first[Symbol.asyncDispose]();
  held.clear();
  await stopped;
  expect(await touched(fixture.database, "left")).toEqual(["left-1"]);
  await using next = anotherApi();
  next.jobs.start();
  const ended = await untilEnded(next, job.id);
  expect(statesOf(ended)).toEqual({ "left-1": "succeeded", "left-2": "succeeded", "left-3": "succeeded" });
  expect(await touched(fixture.database, "left")).toEqual(["left-1", "left-2", "left-3"]);
});

test("after kill -9 a job goes on: what was under way runs again only where the job says so, else it is unknown", async () => {
  const script = join(import.meta.dir, "../../test/job-process.ts");
  const target = JSON.stringify(fixture.database.target);
  const child = Bun.spawn([process.execPath, script, target], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const ids = JSON.parse(new TextDecoder().decode(value)) as { again: string; once: string };
  await until("both jobs are under way, each held by its item", async () => {
    const names = await touched(fixture.database, "killed");
    const [row] = await fixture.database.sql<{ ended: number }[]>`
      select count(*)::int as ended from job_items where job_id = ${ids.again} and state = 'succeeded'`;
    return names.length === 4 && row?.ended === 1;
  });
  child.kill("SIGKILL");
  await child.exited;

  await using next = anotherApi();
  next.jobs.start();
  expect(statesOf(await untilEnded(next, ids.again))).toEqual({
    "killed-again-1": "succeeded",
    "killed-again-2": "succeeded",
    "killed-again-3": "succeeded",
    "killed-again-4": "succeeded",
  });
  const once = await untilEnded(next, ids.once);
  expect(statesOf(once)).toEqual({ "killed-once-1": "unknown", "killed-once-2": "succeeded" });
  expect(once.items[0]?.message).toStartWith("The server ended while this was under way");

  const times = Object.groupBy(await touched(fixture.database, "killed"), (name) => name);
  expect(Object.fromEntries(Object.entries(times).map(([name, all]) => [name, all?.length]))).toEqual({
    "killed-again-1": 1,
    "killed-again-2": 2,
    "killed-again-3": 2,
    "killed-again-4": 1,
    "killed-once-1": 1,
    "killed-once-2": 1,
  });
  expect(await fixture.recorded("once")).toMatchObject([
    { operation: "thing.touchOnce", outcome: "unknown", message: "1 of 2 succeeded, 1 unknown" },
    { operation: "thing.touch", resourceId: "killed-once-1", outcome: null },
    { operation: "thing.touch", resourceId: "killed-once-2", outcome: "success" },
  ]);
  expect((await fixture.recorded("again"))[0]).toMatchObject({ outcome: "success", message: "4 of 4 succeeded" });
}, 180_000);

test("a process that was taken for dead changes nothing any more once another has gone on", async () => {
  const { sql } = fixture.database;
  for (const name of ["dead-1", "dead-2", "dead-3"]) held.add(name);
  const { job } = await submitted(fixture, touchAgain, { names: ["dead-1", "dead-2", "dead-3"] });
  await until("it is under way", async () => (await touched(fixture.database, "dead-1")).length === 1);
  const early = (await takeJob(sql, job.id, () => touchAgain))!.taken;
  expect(await early.begin([0])).toEqual(new Map([[0, { name: "dead-1" }]]));
  const late = (await takeJob(sql, job.id, () => touchAgain))!.taken;
  expect(await early.begin([1])).toEqual(new Map());
  await early.ended(0, { state: "failed" });
  await early.end();
  const left = await sql`select state from job_items where job_id = ${job.id} and state in ('failed', 'running')`;
  expect(left).toHaveLength(0);
  expect(await late.waiting()).toEqual([0, 1, 2].map((position) => ({ position, clusterId: null })));
  held.clear();
});
