import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type KubeObject, normalise, OVERDUE, overdueAfterMs, runTimesOf } from "@flux-orchestrator/flux";
import { kustomization, startFlusher, testHmac } from "../test-fleet.ts";
import { OverdueWheel, type Run } from "./overdue-wheel.ts";
import { ClusterPrints } from "./prints.ts";

setDefaultTimeout(60_000);
const fixture = useDatabase();
const START_MS = Date.parse("2026-01-02T03:04:05Z");
/** A Kustomization that last ran at a time. */
const ranAt = (version: number, atMs: number, message = "ok"): KubeObject => {
  const object = kustomization({ name: "app", version, ready: "True", message });
  object.status!.history = [
    { lastReconciled: new Date(atMs).toISOString(), lastReconciledStatus: "ReconciliationSucceeded" },
  ];
  return object;
};

function cluster(clusterId: string = crypto.randomUUID()) {
  const clock = { nowMs: START_MS };
  const told: Run[] = [];
  const wheel = new OverdueWheel({ now: () => clock.nowMs, isSure: () => true, onOverdue: (run) => told.push(run) });
  const prints = new ClusterPrints(clusterId, wheel);
  const see = (object: KubeObject) =>
    prints.see(
      "kustomize.toolkit.fluxcd.io",
      normalise(object, { hmac: testHmac }),
      runTimesOf(object)?.overdue ?? null,
      clock.nowMs,
    );
  return { clusterId, clock, wheel, prints, see, told };
}

test("an object that only ticks is a heartbeat, one that says something else a flap or news", () => {
  const { prints, see } = cluster();
  expect(see(ranAt(1, START_MS))).toBe("news");
  expect(prints.knows("Kustomization", "apps/app", "1")).toBe(true);
  expect(see(ranAt(1, START_MS))).toBe("same");
  expect(see(ranAt(2, START_MS + 600_000))).toBe("heartbeat");
  expect(see(ranAt(3, START_MS + 600_000, "other"))).toBe("flap");
  expect(see({ ...ranAt(3, START_MS, "other"), metadata: { ...ranAt(3, START_MS).metadata, uid: "new" } })).toBe(
    "news",
  );
  prints.keep("Kustomization", new Set());
  expect([prints.count(["Kustomization"]), prints.knows("Kustomization", "apps/app", "3")]).toEqual([0, false]);
});

test("a run that does not come becomes overdue, and the next one takes it back", async () => {
  const { clusterId, clock, wheel, see, told } = cluster();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { now: () => clock.nowMs });
  const store = async (object: KubeObject) => {
    const normalised = normalise(object, { hmac: testHmac });
    const difference = see(object);
    if (difference === "news" || difference === "flap")
      await flusher.put({ change: "seen", key: { clusterId, ...normalised.key }, object: normalised });
    await flusher.settled();
    return difference;
  };
  const row = async () =>
    (
      await fixture.database.sql<{ word: string; subState: string | null; severity: number }[]>`
        select word, sub_state as "subState", severity from flux_resources where cluster_id = ${clusterId}`
    )[0];
  const pass = async (ms: number) => {
    clock.nowMs += ms;
    wheel.turn();
    for (const { key, dueMs } of told.splice(0)) await flusher.put({ change: "recheck", key, overdueAtMs: dueMs });
    await flusher.settled();
  };
  await store(ranAt(1, START_MS));
  for (let run = 1; run <= 5; run++) {
    await pass(600_000);
    expect(await store(ranAt(1 + run, clock.nowMs))).toBe("heartbeat");
  }
  // The stored document still has the first run.
  await pass(overdueAfterMs(600) - 1_000);
  expect(await row()).toEqual({ word: "Ready", subState: null, severity: 0 });
  await pass(2_000);
  expect(await row()).toMatchObject({ word: "Ready", subState: OVERDUE });
  expect((await row())!.severity).toBeGreaterThan(0);
  expect(await store(ranAt(9, clock.nowMs))).toBe("flap");
  expect(await row()).toEqual({ word: "Ready", subState: null, severity: 0 });
  await stop();
});

test("rows of an earlier run are known, and nothing is overdue until a window has passed or a list says so", async () => {
  const before = cluster();
  const { clusterId } = before;
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { now: () => before.clock.nowMs });
  const normalised = normalise(ranAt(1, START_MS), { hmac: testHmac });
  await flusher.put({ change: "seen", key: { clusterId, ...normalised.key }, object: normalised });
  await flusher.settled();
  await stop();

  const after = cluster(clusterId);
  after.clock.nowMs += 86_400_000;
  await after.prints.load(fixture.database, after.clock.nowMs, true);
  expect(after.prints.count(["Kustomization", "HelmRelease"])).toBe(1);
  after.wheel.turn();
  expect(after.told).toEqual([]);
  // Not known by version: the list has to say when it ran.
  expect(after.prints.knows("Kustomization", "apps/app", "1")).toBe(false);
  expect(after.see(ranAt(1, START_MS))).toBe("same");
  expect(after.prints.knows("Kustomization", "apps/app", "1")).toBe(true);
  after.clock.nowMs += 1_000;
  after.wheel.turn();
  expect(after.told.map(({ key }) => key.name)).toEqual(["app"]);
});
