import { expect, setDefaultTimeout, test } from "bun:test";
import { readCursors } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { kustomization, seenIn, startFlusher, testLease } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const KIND = "kustomize.toolkit.fluxcd.io/Kustomization";
const stored = async (clusterId: string) => Object.fromEntries(await readCursors(fixture.database.sql, clusterId));

test("a version counts once everything up to it is stored, not before", async () => {
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  void flusher.put(seenIn(clusterId, kustomization({ name: "app", version: 7 })));
  flusher.versions.reached(clusterId, KIND, "7");
  flusher.versions.reached(clusterId, KIND, "8");
  await flusher.versions.write(0);
  expect(await stored(clusterId)).toEqual({});
  await flusher.settled(clusterId);
  await flusher.versions.write(0);
  expect(await stored(clusterId)).toEqual({ [KIND]: "8" });
  await stop();
});

test("a state that waits for its half minute holds its version back", async () => {
  const clusterId = crypto.randomUUID();
  let nowMs = Date.parse("2026-01-02T03:04:06Z");
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { now: () => nowMs });
  const flap = async (version: number, message: string) => {
    await flusher.put(seenIn(clusterId, kustomization({ name: "app", version, ready: "False", message })));
    flusher.versions.reached(clusterId, KIND, String(version));
    await flusher.settled(clusterId);
    await flusher.versions.write(0);
  };
  await flap(1, "one");
  await flap(2, "two");
  expect(await stored(clusterId)).toEqual({ [KIND]: "1" });
  // From the second on, the watch tells of the third, which is all that the second would have been good for.
  await flap(3, "three");
  expect(await stored(clusterId)).toEqual({ [KIND]: "2" });
  nowMs += 31_000;
  await flap(4, "four");
  await flusher.versions.write(0);
  expect(await stored(clusterId)).toEqual({ [KIND]: "4" });
  await stop();
});

test("a cursor is written at most once a minute, and at the end", async () => {
  const clusterId = crypto.randomUUID();
  let nowMs = 1_000_000;
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { now: () => nowMs });
  flusher.versions.reached(clusterId, KIND, "1");
  await flusher.versions.write(60_000);
  expect(await stored(clusterId)).toEqual({});
  nowMs += 60_000;
  await flusher.versions.write(60_000);
  flusher.versions.reached(clusterId, KIND, "2");
  nowMs += 59_000;
  await flusher.versions.write(60_000);
  expect(await stored(clusterId)).toEqual({ [KIND]: "1" });
  await stop();
  expect(await stored(clusterId)).toEqual({ [KIND]: "2" });
});

test("a kind that is listed anew has no version until its list has ended", async () => {
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  flusher.versions.reached(clusterId, KIND, "1");
  flusher.versions.reached(clusterId, "g/Other", "5");
  await flusher.versions.write(0);
  flusher.versions.restart(clusterId, KIND);
  await flusher.versions.write(0);
  expect(await stored(clusterId)).toEqual({ "g/Other": "5" });
  await stop();
});

test("whoever has lost a cluster leaves its cursor to the new owner", async () => {
  const clusterId = crypto.randomUUID();
  const { flusher, lease, stop } = await startFlusher(fixture.database, [clusterId]);
  flusher.versions.reached(clusterId, KIND, "1");
  const next = testLease(fixture.database);
  await fixture.database
    .sql`update replicas set expires_at = clock_timestamp() - interval '1 second' where id = ${lease.options.replicaId}`;
  await next.start();
  await next.claim(clusterId);
  await flusher.versions.write(0);
  expect(await stored(clusterId)).toEqual({});
  await next.stop();
  await stop();
});
