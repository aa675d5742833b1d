import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "@flux-orchestrator/testing";
import { writeBatch } from "./flush/write-batch.ts";
import { purgeCluster, purgeLeftovers } from "./purge.ts";
import {
  countDrift,
  insertCluster,
  kustomization,
  recordingLog,
  seenIn,
  startFlusher,
  testLease,
} from "./test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const TABLES = [
  "flux_resources",
  "resource_counts",
  "cluster_kind_counts",
  "cluster_counts",
  "cluster_kinds",
  "cluster_cursors",
  "cluster_owners",
  "reconcile_runs",
] as const;

/** Which tables still know the cluster. */
async function leftOf(clusterId: string): Promise<string[]> {
  const { sql } = fixture.database;
  const left: string[] = [];
  for (const table of TABLES)
    if ((await sql`select from ${sql(table)} where cluster_id = ${clusterId} limit 1`).length > 0) left.push(table);
  return left;
}

async function clusterWithRows(count: number): Promise<string> {
  const { database } = fixture;
  const { sql } = database;
  const clusterId = await insertCluster(database);
  const { flusher, stop } = await startFlusher(database, [clusterId]);
  for (let index = 0; index < count; index++)
    await flusher.put(seenIn(clusterId, kustomization({ name: `app-${index}`, version: 1, ready: "True" })));
  await stop();
  await sql`insert into cluster_kinds ${sql({ cluster_id: clusterId, group: "g", kind: "K", state: "watched" })}`;
  await sql`insert into cluster_cursors ${sql({ cluster_id: clusterId })}`;
  return clusterId;
}

test("a purge takes everything of one cluster but its history, and nothing of another", async () => {
  const { sql } = fixture.database;
  const [removed, kept] = [await clusterWithRows(1_200), await clusterWithRows(2)];
  const before = await leftOf(kept);
  expect(before).toHaveLength(TABLES.length - 1);
  await purgeCluster(fixture.database, removed);
  expect([await leftOf(removed), await leftOf(kept)]).toEqual([[], before]);
  expect(await sql`select from resource_transitions where cluster_id = ${removed}`).toHaveLength(1_200);
  expect(
    await sql`select from flux_objects o where not exists (select from flux_resources r where r.id = o.resource_id)`,
  ).toHaveLength(0);
  expect(await countDrift(fixture.database)).toEqual([]);
  await purgeCluster(fixture.database, removed);
}, 180_000);

test("a flush that is on its way when its cluster is purged brings no row back", async () => {
  const { database } = fixture;
  const { sql } = database;
  const clusterId = await insertCluster(database);
  const lease = testLease(database);
  await lease.start();
  await lease.claim(clusterId);
  const fences = [lease.fenceOf(clusterId)!];
  const object = seenIn(clusterId, kustomization({ name: "app", version: 1, ready: "True" }));
  let purging: Promise<void> | undefined;
  await sql.begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for share`;
    purging = purgeCluster(database, clusterId);
    await until("the purge waits", async () => (await sql`select from pg_locks where not granted`).length > 0);
  });
  await purging;
  expect(await writeBatch(database, [object], { fences, nowMs: Date.now() })).toMatchObject({
    written: 0,
    lost: [clusterId],
  });
  expect(await leftOf(clusterId)).toEqual([]);
  await lease.stop();
});

test("what an earlier process left half done is finished, and living clusters are left alone", async () => {
  const { database } = fixture;
  const { sql } = database;
  const [half, alive] = [await clusterWithRows(3), await clusterWithRows(3)];
  await sql`update clusters set deleted_at = now() where id = ${half}`;
  await sql`delete from flux_resources where cluster_id = ${half}`;
  const log = recordingLog();
  await purgeLeftovers(database, log);
  expect(await leftOf(half)).toEqual([]);
  expect(await leftOf(alive)).toContain("flux_resources");
  expect(log.lines).toEqual([]);
});
