import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import type { KubeObject } from "@flux-orchestrator/flux";
import { kustomization, startFlusher, testSink } from "../test-fleet.ts";
import { ClusterPrints } from "./prints.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();

/** @param resumed the cluster whose rows a former run left */
async function sink(resumed?: string) {
  const clusterId = resumed ?? crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  const reached: (string | null)[] = [];
  const prints = new ClusterPrints(clusterId);
  if (resumed !== undefined) await prints.load(fixture.database, Date.now(), true);
  const filled = testSink(
    "Kustomization",
    { clusterId, flusher, prints, onReached: (_, version) => reached.push(version) },
    resumed !== undefined,
  );
  const unreadable = (name: string | null) =>
    filled.onUnreadable(1, [
      { reason: "INCOMPLETE", kind: "Kustomization", namespace: name && "apps", name, resourceVersion: null },
    ]);
  const list = async (names: readonly string[], version: number, also: () => void = () => {}) => {
    await filled.onListStart("first");
    also();
    await filled.onPage(names.map((name) => kustomization({ name, version, ready: "True" })));
    await filled.onListEnd(String(version));
  };
  const rows = async () =>
    (
      await fixture.database.sql<{ name: string }[]>`
        select name from flux_resources where cluster_id = ${clusterId} order by name`
    ).map(({ name }) => name);
  /** One event after the other, each stored before the next comes. */
  const watch = async (...events: readonly [type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject][]) => {
    for (const [type, object] of events) {
      await filled.onEvent(type, object);
      await flusher.settled();
    }
  };
  const transitions = () => fixture.database.sql`
    select name, uid, from_word, to_word from resource_transitions where cluster_id = ${clusterId} order by id`;
  return { clusterId, filled, list, watch, rows, transitions, reached, unreadable, stop };
}

test("what a complete list lacks goes; what it has but cannot be read stays", async () => {
  const { list, rows, unreadable, stop } = await sink();
  await list(["a", "b", "c"], 1);
  expect(await rows()).toEqual(["a", "b", "c"]);
  await list(["a"], 2, () => unreadable("b"));
  expect(await rows()).toEqual(["a", "b"]);
  await stop();
});

test("a list with something nobody can name takes nothing away", async () => {
  const { list, rows, unreadable, stop } = await sink();
  await list(["a", "b"], 1);
  await list(["a"], 2, () => unreadable(null));
  expect(await rows()).toEqual(["a", "b"]);
  await list(["a"], 3);
  expect(await rows()).toEqual(["a"]);
  await stop();
});

test("a version is reached with its event, and none is while a list has not ended", async () => {
  const { filled, list, reached, stop } = await sink();
  await list(["a"], 1);
  await filled.onEvent("MODIFIED", kustomization({ name: "a", version: 2 }));
  await filled.onBookmark("9");
  expect(reached).toEqual([null, "1", "2", "9"]);
  await stop();
});

test("a watch that goes on from before what is stored tells no word again", async () => {
  const first = await sink();
  const object = (name: string, version: number, ready: "True" | "False", uid = `uid-${name}`) =>
    kustomization({ name, version, ready, uid });
  await first.list(["a", "b", "c"], 1);
  const events: [type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject][] = [
    ["MODIFIED", object("a", 2, "False")],
    ["MODIFIED", object("b", 3, "False")],
    ["MODIFIED", object("a", 4, "True")],
    ["DELETED", object("b", 5, "False")],
    ["ADDED", object("d", 6, "True")],
    ["DELETED", object("d", 7, "True")],
    ["DELETED", object("c", 8, "True")],
    ["ADDED", object("c", 9, "False", "uid-anew")],
    ["MODIFIED", object("c", 10, "True", "uid-anew")],
  ];
  await first.watch(...events);
  await first.stop();
  const [rows, transitions] = [await first.rows(), await first.transitions()];
  expect([rows, transitions.length]).toEqual([["a", "c"], 12]);

  const again = await sink(first.clusterId);
  await again.watch(...events);
  expect([await again.rows(), await again.transitions()]).toEqual([rows, transitions]);
  // What comes next is told as ever.
  await again.watch(["MODIFIED", object("a", 11, "False")], ["ADDED", object("b", 12, "True", "uid-anew")]);
  expect((await again.transitions()).slice(12)).toMatchObject([{ name: "a" }, { name: "b" }]);
  await again.stop();
});
