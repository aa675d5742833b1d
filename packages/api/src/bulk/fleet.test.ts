import { expect, test } from "bun:test";
import type { BulkAction, JobDetail, ResourceFilter } from "@flux-orchestrator/contract";
import { dependencyOrder } from "@flux-orchestrator/flux";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { useSimulated } from "../../test/simulated.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { openWatcher } from "../../test/watcher.ts";
import { cancelJob } from "../job/cancel.ts";
import { bulkReconcile, bulkResume, bulkSuspend } from "./jobs.ts";
import { previewBulk } from "./preview.ts";

const CLUSTERS = 100;
const OBJECTS = 10;
const fixture = useApi();
const simulated = useSimulated(fixture, { clusters: CLUSTERS, objects: OBJECTS });

const JOBS = { reconcile: bulkReconcile, suspend: bulkSuspend, resume: bulkResume };
const preview = (action: BulkAction, filter: ResourceFilter = {}) => fixture.perform(previewBulk, { action, filter });
async function run(action: BulkAction, filter: ResourceFilter = {}) {
  const { token } = await preview(action, filter);
  return submitted(fixture, JOBS[action], { filter, token });
}
const patches = () =>
  new Map([...simulated.byId].map(([id, cluster]) => [id, cluster.requests()["patch"] ?? 0] as const));
/** Items of a cluster that are so, against what was written to the cluster since. */
const succeededBy = ({ items }: JobDetail) =>
  new Map(
    [...simulated.byId.keys()].map((id) => [
      id,
      items.filter(({ clusterId, state }) => clusterId === id && state === "succeeded").length,
    ]),
  );
const since = (before: Map<string, number>) =>
  new Map([...patches()].map(([id, count]) => [id, count - (before.get(id) ?? 0)]));

test("a thousand objects of a hundred clusters are asked once each, as was previewed, and told as they go", async () => {
  const watcher = await openWatcher(fixture, { topics: [{ topic: "jobs" }] });
  const seen = await preview("reconcile");
  expect(seen.act + seen.skip).toBe(CLUSTERS * OBJECTS);
  expect(seen.clusters).toHaveLength(CLUSTERS);
  const before = patches();
  const { job, requestId } = await run("reconcile");
  expect(job).toMatchObject({ name: "bulk.reconcile", total: CLUSTERS * OBJECTS, counts: { skipped: seen.skip } });
  const ended = await untilEnded(fixture, job.id);
  expect(ended.counts).toMatchObject({ succeeded: seen.act, skipped: seen.skip, failed: 0, unknown: 0 });
  expect(since(before)).toEqual(succeededBy(ended));

  const orders = ended.items.map(({ title }) => dependencyOrder(title.split(" ")[0]!));
  expect(orders).toEqual(orders.toSorted((one, other) => one - other));
  for (const items of Map.groupBy(ended.items, ({ clusterId }) => clusterId).values()) {
    const begun = items.flatMap(({ startedAt }) => startedAt ?? []);
    expect(begun).toEqual(begun.toSorted());
  }

  const runs = await fixture.database.sql<{ object: string }[]>`
    select concat_ws('/', cluster_id, kind, namespace, name) as object from reconcile_runs
    where intent_id in (select id from audit_events where request_id = ${requestId})`;
  expect(runs).toHaveLength(seen.act);
  expect(new Set(runs.map(({ object }) => object)).size).toBe(seen.act);

  const [whole, ...each] = await fixture.recorded(requestId);
  expect(whole).toMatchObject({ operation: "bulk.reconcile", outcome: "success" });
  expect(each).toHaveLength(seen.act);
  expect(new Set(each.map(({ operation, outcome }) => `${operation} ${outcome}`))).toEqual(
    new Set(["resource.reconcile success"]),
  );
  await watcher.until("job", ({ job }) => job.state === "ended");
  expect(watcher.frames("job").length).toBeGreaterThan(2);
  await watcher.close();
}, 240_000);

test("a suspend of a kind, with why, is taken back by a resume of what was suspended so", async () => {
  const filter = { kind: ["GitRepository"] };
  const { act } = await preview("suspend", filter);
  const { token } = await preview("suspend", filter);
  const { job, requestId } = await submitted(fixture, bulkSuspend, { filter, token, reason: "freeze" });
  const ended = await untilEnded(fixture, job.id);
  expect(ended.counts.succeeded).toBe(act);
  const [, first] = await fixture.recorded(requestId);
  expect(first).toMatchObject({ operation: "resource.suspend", message: "Suspended: freeze" });
  expect((await preview("suspend", filter)).act).toBe(0);
  const objects = ended.items
    .filter(({ state }) => state === "succeeded")
    .map(({ clusterId, title }) => {
      const [kind = "", place = ""] = title.split(" ");
      const [namespace = "", name = ""] = place.split("/");
      return { cluster: clusterId!, kind, namespace, name };
    });
  const back = await submitted(fixture, bulkResume, { objects, reason: "thaw" });
  expect((await untilEnded(fixture, back.job.id)).counts.succeeded).toBe(act);
  expect((await preview("suspend", filter)).act).toBe(act);
}, 240_000);

test("a cluster that fails, fails its own items with what to do, and no other's", async () => {
  const [[id, broken] = expectedCluster()] = simulated.byId;
  broken.setFaults({ status: { code: 503 } });
  const { job } = await run("reconcile");
  const ended = await untilEnded(fixture, job.id);
  broken.setFaults({});
  const failed = ended.items.filter(({ state }) => state === "failed");
  expect(failed.length).toBeGreaterThan(0);
  for (const item of failed)
    expect(item).toMatchObject({ clusterId: id, code: expect.any(String), message: expect.any(String) });
  expect(ended.counts).toMatchObject({ unknown: 0, cancelled: 0, waiting: 0, running: 0 });
}, 240_000);

test("a cancel in the middle ends what is under way and begins nothing more", async () => {
  const [[id, held] = expectedCluster()] = simulated.byId;
  held.setFaults({ hang: true });
  const before = patches();
  const { job } = await run("reconcile");
  await until("some are done, and some of the held cluster are under way", async () => {
    const [row] = await fixture.database.sql`
      select count(*) filter (where state = 'succeeded')::int as done,
        count(*) filter (where state = 'running' and cluster_id = ${id})::int as held
      from job_items where job_id = ${job.id}`;
    return row?.["done"] > 0 && row?.["held"] > 0;
  });
  const cancelled = await fixture.perform(cancelJob, { id: job.id });
  expect(cancelled.state).toBe("cancelling");
  expect(cancelled.counts.waiting).toBe(0);
  held.setFaults({});
  held.reset();
  const ended = await untilEnded(fixture, job.id);
  expect(ended.counts.cancelled).toBe(cancelled.counts.cancelled);
  const succeeded = succeededBy(ended);
  const written = since(before);
  for (const others of [succeeded, written]) others.delete(id);
  expect(written).toEqual(succeeded);
}, 240_000);

function expectedCluster(): never {
  throw new Error("the clusters are there before the first test");
}
