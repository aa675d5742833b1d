import { expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { useDatabase } from "../test-database.ts";
import { resourceRow, storeResources } from "../test-resource.ts";
import { applyCountDeltas, type CountDelta, recount } from "./index.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const sql = () => fixture.database.sql;
const delta = (clusterId: string, word: string, by: number): CountDelta => ({
  clusterId,
  namespace: "apps",
  group: "kustomize.toolkit.fluxcd.io",
  kind: "Kustomization",
  word,
  delta: by,
});
const counters = async (clusterId: string) => ({
  byNamespace: await sql()`select word, count from resource_counts where cluster_id = ${clusterId} order by word`.then(
    (rows) => [...rows],
  ),
  byKind: await sql()`select word, count from cluster_kind_counts where cluster_id = ${clusterId} order by word`.then(
    (rows) => [...rows],
  ),
  inAll: await sql()`select word, count from cluster_counts where cluster_id = ${clusterId} order by word`.then(
    (rows) => [...rows],
  ),
});

async function clusterWith(words: readonly string[]): Promise<string> {
  const clusterId = randomUUID();
  await sql().begin((tx) =>
    storeResources(
      tx,
      words.map((word, index) => resourceRow({ clusterId, word, name: `app-${index}` })),
    ),
  );
  return clusterId;
}

test("counters that are right are left alone; those at 0 go", async () => {
  const clusterId = await clusterWith(["Ready", "Ready"]);
  await sql().begin((tx) =>
    applyCountDeltas(tx, [delta(clusterId, "Ready", 2), delta(clusterId, "Failed", 1), delta(clusterId, "Failed", -1)]),
  );
  expect(await sql().begin((tx) => recount(tx, clusterId))).toEqual([]);
  const two = [{ word: "Ready", count: 2 }];
  expect(await counters(clusterId)).toEqual({ byNamespace: two, byKind: two, inAll: two });
});

test("counters that are wrong, missing or invented are told and put right", async () => {
  const clusterId = await clusterWith(["Ready", "Ready", "Stalled"]);
  await sql().begin((tx) => applyCountDeltas(tx, [delta(clusterId, "Ready", 5), delta(clusterId, "Failed", 1)]));
  const drift = await sql().begin((tx) => recount(tx, clusterId));
  expect(drift.map(({ word, counted, actual }) => [word, counted, actual])).toEqual([
    ["Failed", 1, 0],
    ["Ready", 5, 2],
    ["Stalled", 0, 1],
  ]);
  const right = [
    { word: "Ready", count: 2 },
    { word: "Stalled", count: 1 },
  ];
  expect(await counters(clusterId)).toEqual({ byNamespace: right, byKind: right, inAll: right });
  expect(await sql().begin((tx) => recount(tx, clusterId))).toEqual([]);
});

test("a recount waits for a running flush and counts what it wrote", async () => {
  const clusterId = await clusterWith([]);
  await sql()`insert into cluster_owners (cluster_id, owner, epoch) values (${clusterId}, ${randomUUID()}, 1)`;
  let counting: Promise<unknown[]> = Promise.resolve([]);
  await sql().begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for share`;
    counting = sql().begin((other) => recount(other, clusterId));
    for (let waits = false; !waits; ) waits = (await tx`select from pg_locks where not granted`).length > 0;
    await storeResources(tx, [resourceRow({ clusterId })]);
    await applyCountDeltas(tx, [delta(clusterId, "Ready", 1)]);
  });
  expect(await counting).toEqual([]);
});

test("a recount of one cluster leaves the others alone", async () => {
  const [one, other] = [await clusterWith(["Ready"]), await clusterWith(["Ready"])];
  await sql().begin((tx) => applyCountDeltas(tx, [delta(other, "Ready", 9)]));
  await sql().begin((tx) => recount(tx, one));
  expect((await counters(other)).inAll).toEqual([{ word: "Ready", count: 9 }]);
});
