import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { useSimulated } from "../../test/simulated.ts";
import { untilEnded } from "../../test/submitted.ts";

// Its own jobs are not run before they are started: until then the other process has them all.
const fixture = useApi();
const simulated = useSimulated(fixture, { clusters: 30, objects: 10 });
const patches = () =>
  new Map([...simulated.byId].map(([id, cluster]) => [id, cluster.requests()["patch"] ?? 0] as const));

test("after kill -9 in the middle the rest is done, and nothing is asked twice", async () => {
  const held = [...simulated.byId.values()].slice(0, 3);
  for (const cluster of held) cluster.setFaults({ hang: true });
  const script = join(import.meta.dir, "../../test/bulk-process.ts");
  const before = patches();
  const child = Bun.spawn([process.execPath, script, JSON.stringify(fixture.database.target)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  const id = new TextDecoder().decode(value).trim();
  await until("it is in the middle", async () => {
    const [row] = await fixture.database.sql`
      select count(*) filter (where state = 'succeeded')::int as done, count(*) filter (where state = 'running')::int as running
      from job_items where job_id = ${id}`;
    return row?.["done"] > 50 && row?.["running"] > 0;
  });
  child.kill("SIGKILL");
  await child.exited;
  for (const cluster of held) {
    cluster.setFaults({});
    cluster.reset();
  }
  fixture.api.jobs.start();
  const ended = await untilEnded(fixture, id);
  expect(ended.counts).toMatchObject({ failed: 0, unknown: 0, cancelled: 0 });
  expect(ended.items.filter(({ state }) => state === "succeeded").length).toBe(ended.total - ended.counts.skipped);
  for (const [clusterId, count] of patches()) {
    const acted = ended.items.filter((item) => item.clusterId === clusterId && item.state === "succeeded").length;
    expect([clusterId, count - before.get(clusterId)!]).toEqual([clusterId, acted]);
  }
}, 180_000);
