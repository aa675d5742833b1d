import { expect, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { inventoryHash, type KubeObject } from "@flux-orchestrator/flux";
import { purgeCluster } from "../purge.ts";
import { goneFrom, insertCluster, kustomization, seenIn, startFlusher, type TestObject } from "../test-fleet.ts";

const fixture = useDatabase();

const APPLIED = `{${inventoryHash("apps_web_apps_Deployment")}}`;

/** A Kustomization with a source, something it waits for, and what it applied. */
function using(source: string, said: TestObject): KubeObject {
  const object = kustomization(said);
  return {
    ...object,
    spec: { ...object.spec, sourceRef: { kind: "GitRepository", name: source }, dependsOn: [{ name: "base" }] },
    status: { ...object.status, inventory: { entries: [{ id: "apps_web_apps_Deployment", v: "v1" }] } },
  };
}

/** Every edge and inventory, with the version of its row. */
async function stored(clusterId: string): Promise<{ what: string; version: string }[]> {
  return await fixture.database.sql<{ what: string; version: string }[]>`
    select concat_ws(' ', relation, name) as what, xmin::text as version from resource_edges where cluster_id = ${clusterId}
    union all select objects::text, i.xmin::text from resource_inventories i
      join flux_resources r on r.id = i.resource_id where r.cluster_id = ${clusterId} order by 1`;
}
const whats = async (clusterId: string) => (await stored(clusterId)).map(({ what }) => what);

test("edges are written with the row, again only when they differ, and go with it", async () => {
  const { database } = fixture;
  const clusterId = await insertCluster(database);
  const { flusher, stop } = await startFlusher(database, [clusterId]);
  const see = async (source: string, said: Omit<TestObject, "name">) => {
    await flusher.put(seenIn(clusterId, using(source, { name: "app", ...said })));
    await flusher.settled();
  };
  await see("one", { version: 1, ready: "True" });
  const first = await stored(clusterId);
  expect(first.map(({ what }) => what)).toEqual(["dependsOn base", "source one", APPLIED]);
  // A new word, a new message, a new revision: the row is written, its edges are not.
  await see("one", { version: 2, ready: "False", message: "not found" });
  await see("one", { version: 3, ready: "True", revision: "main@sha1:aaaa" });
  expect(await stored(clusterId)).toEqual(first);
  await see("two", { version: 4, ready: "True" });
  expect(await whats(clusterId)).toEqual(["dependsOn base", "source two", APPLIED]);
  await flusher.put(goneFrom(clusterId, using("two", { name: "app", version: 5 })));
  await flusher.settled();
  const { sql } = database;
  expect(await sql`select from resource_edges where cluster_id = ${clusterId}`).toHaveLength(0);
  expect(await sql`select from resource_inventories`).toHaveLength(0);
  await stop();
});

test("a removed cluster leaves no edge behind", async () => {
  const { database } = fixture;
  const clusterId = await insertCluster(database);
  const { flusher, stop } = await startFlusher(database, [clusterId]);
  await flusher.put(seenIn(clusterId, using("one", { name: "app", version: 1, ready: "True" })));
  await stop();
  expect(await whats(clusterId)).toHaveLength(3);
  await purgeCluster(database, clusterId);
  const { sql } = database;
  expect(await sql`select from resource_edges where cluster_id = ${clusterId}`).toHaveLength(0);
  expect(await sql`select from resource_inventories`).toHaveLength(0);
});
