import { expect, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type FluxEvent, readEvent } from "@flux-orchestrator/flux";
import { until } from "@flux-orchestrator/testing";
import type { Lease } from "../lease.ts";
import { insertCluster, type RecordingLog, recordingLog, testLease } from "../test-fleet.ts";
import { EventWriter } from "./event-writer.ts";

const fixture = useDatabase();

/** An event as source-controller tells it, of an object that has no row. */
const told = (name: string, change: object = {}): FluxEvent =>
  readEvent({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e", uid: `e-${name}`, resourceVersion: "1" },
    involvedObject: {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      namespace: "apps",
      name,
      uid: `u-${name}`,
    },
    type: "Normal",
    reason: "NewArtifact",
    message: "stored artifact in 1.5s",
    source: { component: "source-controller" },
    count: 1,
    firstTimestamp: "2026-01-02T03:00:00Z",
    lastTimestamp: "2026-01-02T03:00:00Z",
    ...change,
  })!;
const at = (time: string) => ({ firstTimestamp: `2026-01-02T${time}Z`, lastTimestamp: `2026-01-02T${time}Z` });

async function startWriter(): Promise<{
  clusterId: string;
  lease: Lease;
  writer: EventWriter;
  log: RecordingLog;
  stop(): Promise<void>;
}> {
  const { database } = fixture;
  const clusterId = await insertCluster(database);
  const [lease, log] = [testLease(database), recordingLog()];
  await lease.start();
  await lease.claim(clusterId);
  const writer = new EventWriter({ database, lease, log, gatherMs: 5 });
  writer.start();
  const stop = async () => {
    await writer.stop();
    await lease.stop();
  };
  return { clusterId, lease, writer, log, stop };
}

const rows = (clusterId: string) => fixture.database.sql<
  { name: string; count: string; message: string; lastAt: Date }[]
>`
  select name, count, message, last_at as "lastAt" from object_events where cluster_id = ${clusterId} order by name`;
const counts = async (clusterId: string) => (await rows(clusterId)).map(({ name, count }) => `${name} ${count}`);

test("the same said again is one row that counts, with the last words and both times", async () => {
  const { clusterId, writer, stop } = await startWriter();
  await writer.put(clusterId, told("a"));
  await writer.put(clusterId, told("b"));
  await until("they are stored", async () => (await rows(clusterId)).length === 2);
  const later = told("a", { ...at("03:30:00"), message: "stored artifact in 7s" });
  await writer.put(clusterId, later);
  // Everything told again, as a list does.
  for (const event of [told("a"), later, told("b")]) await writer.put(clusterId, event);
  await writer.put(clusterId, told("c"));
  await until("the last is stored", async () => (await rows(clusterId)).length === 3);
  expect(await counts(clusterId)).toEqual(["a 2", "b 1", "c 1"]);
  expect((await rows(clusterId))[0]).toMatchObject({
    message: "stored artifact in 7s",
    lastAt: new Date("2026-01-02T03:30:00Z"),
  });
  await stop();
});

test("what is counted is no news when a list tells it again; what counts on is", async () => {
  const { clusterId, writer, stop } = await startWriter();
  await writer.put(clusterId, told("known", { count: 3 }));
  await until("it is stored", async () => (await rows(clusterId)).length === 1);
  const further = told("known", { count: 4, ...at("03:10:00") });
  const other = told("known", { metadata: { name: "f", uid: "another", resourceVersion: "1" } });
  expect(await writer.news(clusterId, [told("known", { count: 3 }), told("new")])).toEqual([told("new")]);
  expect(await writer.news(clusterId, [further])).toEqual([further]);
  expect(await writer.news(clusterId, [other])).toEqual([other]);
  expect(await writer.news(await insertCluster(fixture.database), [told("known")])).toHaveLength(1);
  await stop();
});

test("what is told again and again in one batch is counted once each, in order", async () => {
  const { clusterId, writer, stop } = await startWriter();
  for (let minute = 10; minute < 60; minute++) void writer.put(clusterId, told("often", { ...at(`03:${minute}:00`) }));
  void writer.put(clusterId, told("often", { ...at("03:20:00") }));
  await until("all are counted", async () => (await counts(clusterId)).includes("often 50"));
  await stop();
});

test("beyond its room a cluster's reader waits, and nothing is lost", async () => {
  const { clusterId, writer, stop } = await startWriter();
  const held: Promise<void>[] = [];
  for (let index = 0; index < 1_200; index++) {
    const full = writer.put(clusterId, told(`n-${index}`));
    if (full !== undefined) held.push(full);
  }
  expect(held.length).toBe(1_100);
  await Promise.all(held);
  await until("all are stored", async () => (await rows(clusterId)).length === 1_200);
  await stop();
});

test("nothing is written for a cluster that another process owns, and the others are", async () => {
  const { clusterId, lease, writer, log, stop } = await startWriter();
  const ours = await insertCluster(fixture.database);
  await lease.claim(ours);
  await fixture.database.sql`update cluster_owners set epoch = epoch + 1 where cluster_id = ${clusterId}`;
  void writer.put(clusterId, told("late"));
  void writer.put(ours, told("ours"));
  await until("the batch is stored", async () => (await rows(ours)).length === 1);
  expect(await rows(clusterId)).toHaveLength(0);
  expect(log.lines).toEqual([]);
  await stop();
});

test("a batch that fails is stored later, and an end waits for nobody", async () => {
  const { clusterId, writer, log, stop } = await startWriter();
  const { sql } = fixture.database;
  await sql`alter table object_events rename to object_events_away`;
  await writer.put(clusterId, told("patient"));
  await until("it failed", () => log.lines.length > 0);
  await sql`alter table object_events_away rename to object_events`;
  await until("it is stored", async () => (await rows(clusterId)).length === 1);
  await stop();
  expect(await writer.put(clusterId, told("after"))).toBeUndefined();
});
