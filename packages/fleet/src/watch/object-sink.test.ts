import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { NO_METRICS } from "../metrics.ts";
import { kustomization, startFlusher, testHmac } from "../test-fleet.ts";
import { objectSink } from "./object-sink.ts";
import { ClusterPrints } from "./prints.ts";

setDefaultTimeout(60_000);
const fixture = useDatabase();

async function sink() {
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  const reached: (string | null)[] = [];
  const filled = objectSink({
    clusterId,
    served: {
      group: "kustomize.toolkit.fluxcd.io",
      version: "v1",
      plural: "kustomizations",
      kind: "Kustomization",
      namespaced: true,
      verbs: [],
    },
    flusher,
    prints: new ClusterPrints(clusterId),
    metrics: NO_METRICS,
    hmac: testHmac,
    now: Date.now,
    signal: new AbortController().signal,
    onState: () => {},
    onListed: () => {},
    onReached: (version) => reached.push(version),
    onObject: () => {},
    onUnreadable: () => {},
  });
  const unreadable = (name: string | null) =>
    filled.onUnreadable?.(1, [
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
  return { filled, list, rows, reached, unreadable, stop };
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
