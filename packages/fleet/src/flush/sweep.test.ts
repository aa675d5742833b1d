import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { countDrift, kustomization, rowsOfLog, rowsOfTable, seenIn, startFlusher } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const KIND = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };

async function withRows(names: readonly string[]) {
  const clusterId = crypto.randomUUID();
  const started = await startFlusher(fixture.database, [clusterId]);
  for (const name of names)
    await started.flusher.put(seenIn(clusterId, kustomization({ name, version: 1, ready: "True" })));
  return { clusterId, ...started };
}
const signal = new AbortController().signal;
const listed = (...names: string[]) => names.map((name) => ({ namespace: "apps", name }));

test("rows that a complete list lacks go, with their document, counters and the end of their history", async () => {
  const { sql } = fixture.database;
  const { clusterId, flusher, stop } = await withRows(["gone", "kept", "lost"]);
  await flusher.sweep({ clusterId, ...KIND }, listed("kept"), signal);
  const rows = await sql`select name from flux_resources where cluster_id = ${clusterId}`;
  expect(rows.map(({ name }) => name)).toEqual(["kept"]);
  expect(await sql`select from flux_objects`).toHaveLength(1);
  const ends = await sql`select name, from_word, to_word from resource_transitions
    where cluster_id = ${clusterId} and to_word is null order by name`;
  expect([...ends]).toEqual([
    { name: "gone", from_word: "Ready", to_word: null },
    { name: "lost", from_word: "Ready", to_word: null },
  ]);
  expect(await countDrift(fixture.database)).toEqual([]);
  expect((await rowsOfLog(fixture.database)).words).toEqual(await rowsOfTable(fixture.database));
  await stop();
});

test("what was listed and is not stored yet is not taken away", async () => {
  const { clusterId, flusher, stop } = await withRows([]);
  // Not awaited: it is put, but no flush has begun.
  void flusher.put(seenIn(clusterId, kustomization({ name: "new", version: 1 })));
  await flusher.sweep({ clusterId, ...KIND }, listed("new"), signal);
  expect(await fixture.database.sql`select from flux_resources where cluster_id = ${clusterId}`).toHaveLength(1);
  await stop();
});

test("rows of other kinds and clusters are left alone", async () => {
  const one = await withRows(["app"]);
  const other = await withRows(["app"]);
  await one.flusher.settled();
  await other.flusher.settled();
  await one.flusher.sweep(
    { clusterId: one.clusterId, group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" },
    [],
    signal,
  );
  await other.flusher.sweep({ clusterId: other.clusterId, ...KIND }, [], signal);
  const left = await fixture.database.sql`
    select cluster_id as id from flux_resources where cluster_id in ${fixture.database.sql([one.clusterId, other.clusterId])}`;
  expect(left.map(({ id }) => id)).toEqual([one.clusterId]);
  await Promise.all([one.stop(), other.stop()]);
});

test("an end does not wait for a sweep that cannot be done", async () => {
  const { clusterId, flusher, stop } = await withRows(["app"]);
  await flusher.settled();
  const ending = new AbortController();
  await fixture.database.sql.begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for update`;
    void flusher.put(seenIn(clusterId, kustomization({ name: "app", version: 2, ready: "False" })));
    const sweeping = flusher.sweep({ clusterId, ...KIND }, [], ending.signal);
    ending.abort();
    await sweeping;
  });
  expect(await fixture.database.sql`select from flux_resources where cluster_id = ${clusterId}`).toHaveLength(1);
  await stop();
});
