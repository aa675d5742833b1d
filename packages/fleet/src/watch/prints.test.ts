import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type KubeObject, normalise, OVERDUE, overdueAfterMs, runTimesOf } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { kustomization, startFlusher, testHmac } from "../test-fleet.ts";
import { ClusterPrints } from "./prints.ts";

setDefaultTimeout(180_000);
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
  const prints = new ClusterPrints(clusterId);
  const see = (object: KubeObject) =>
    prints.see(
      "kustomize.toolkit.fluxcd.io",
      normalise(object, { hmac: testHmac }),
      runTimesOf(object)?.overdue ?? null,
      clock.nowMs,
    );
  return { clusterId, clock, prints, see, overdue: () => prints.takeOverdue(clock.nowMs) };
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
  prints.keep("Kustomization", []);
  expect([prints.count(["Kustomization"]), prints.knows("Kustomization", "apps/app", "3")]).toEqual([0, false]);
});

test("a run that does not come becomes overdue, and the next one takes it back", async () => {
  const { clusterId, clock, see, overdue } = cluster();
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
    for (const { key, dueMs } of overdue()) await flusher.put({ change: "recheck", key, overdueAtMs: dueMs });
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
  expect(after.overdue()).toEqual([]);
  // Not known by version: the list has to say when it ran.
  expect(after.prints.knows("Kustomization", "apps/app", "1")).toBe(false);
  expect(after.see(ranAt(1, START_MS))).toBe("same");
  expect(after.prints.knows("Kustomization", "apps/app", "1")).toBe(true);
  after.clock.nowMs += 1_000;
  expect(after.overdue().map(({ key }) => key)).toEqual([{ clusterId, ...normalised.key }]);
  expect(after.overdue()).toEqual([]);
});

test("it knows of every object what a plain map would, however they come and go", () => {
  const NAMES = [
    "",
    "a",
    "b",
    "ü-long-name-that-takes-more-bytes-than-units",
    "with/slash",
    ...Array.from("0123456789"),
  ];
  const name = fc.constantFrom(...NAMES);
  const kind = fc.constantFrom("Kustomization", "HelmRelease");
  const step = fc.oneof(
    fc.record({ does: fc.constant("see" as const), kind, name, version: fc.nat(3), dueMs: fc.option(fc.nat(100)) }),
    fc.record({ does: fc.constant("forget" as const), kind, name }),
    fc.record({ does: fc.constant("keep" as const), kind, names: fc.subarray(NAMES) }),
    fc.record({ does: fc.constant("look" as const), atMs: fc.nat(100) }),
    fc.record({ does: fc.constant("clear" as const) }),
  );
  const template = normalise(kustomization({ name: "x", version: 1, ready: "True" }), { hmac: testHmac });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const prints = new ClusterPrints("c");
      const model = new Map<string, { version: number; dueMs: number; isTold: boolean }>();
      const group = (of: string) => `group-of-${of}`;
      for (const taken of steps) {
        if (taken.does === "see") {
          const { kind, name, version } = taken;
          const key = { ...template.key, group: group(kind), kind, namespace: "ns", name };
          const said = prints.see(key.group, { ...template, key, resourceVersion: `${version}` }, taken.dueMs, 0);
          const before = model.get(`${kind} ns/${name}`);
          const dueMs = taken.dueMs ?? Number.POSITIVE_INFINITY;
          const ranAgain = before?.isTold === true && dueMs > 0;
          const same = before?.version === version ? "same" : "heartbeat";
          expect(said).toBe(before === undefined ? "news" : ranAgain ? "flap" : same);
          model.set(`${kind} ns/${name}`, { version, dueMs, isTold: before?.isTold === true && !ranAgain });
        } else if (taken.does === "forget") {
          prints.forget(taken.kind, `ns/${taken.name}`);
          model.delete(`${taken.kind} ns/${taken.name}`);
        } else if (taken.does === "keep") {
          prints.keep(
            taken.kind,
            taken.names.map((kept) => ({ namespace: "ns", name: kept })),
          );
          for (const known of model.keys())
            if (known.startsWith(`${taken.kind} `) && !taken.names.some((kept) => known === `${taken.kind} ns/${kept}`))
              model.delete(known);
        } else if (taken.does === "clear") {
          prints.clear();
          model.clear();
        } else {
          const told = prints.takeOverdue(taken.atMs).map(({ key, dueMs }) => {
            expect(key).toMatchObject({ clusterId: "c", group: group(key.kind) });
            return `${key.kind} ${key.namespace}/${key.name} ${dueMs}`;
          });
          const due = [...model].filter(([, print]) => print.dueMs <= taken.atMs && !print.isTold);
          expect(told.sort()).toEqual(due.map(([known, { dueMs }]) => `${known} ${dueMs}`).sort());
          for (const [, print] of due) print.isTold = true;
        }
        for (const each of ["Kustomization", "HelmRelease"]) {
          const known = [...model].filter(([key]) => key.startsWith(`${each} `));
          expect(prints.count([each])).toBe(known.length);
          for (const [key, { version }] of known)
            expect(prints.knows(each, key.slice(each.length + 1), `${version}`)).toBe(true);
        }
      }
    }),
  );
});
