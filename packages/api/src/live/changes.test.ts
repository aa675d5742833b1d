import { afterEach, expect, test } from "bun:test";
import type { LiveFrame, WatchInput } from "@flux-orchestrator/contract";
import { appendLog } from "@flux-orchestrator/db";
import { until } from "@flux-orchestrator/testing";
import type { z } from "zod";
import { useApi } from "../../test/api-fixture.ts";
import { dropRows, insertCluster, storeRows, tellCluster } from "../../test/rows.ts";
import { openWatcher, type Watcher } from "../../test/watcher.ts";
import { labelClusters } from "../cluster/label.ts";
import { removeCluster } from "../cluster/remove.ts";
import { isIn } from "../query/predicate.ts";
import { PING_MS, RIGHTS_MS } from "./create-live-hub.ts";

const fixture = useApi();
const opened: Watcher[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((watcher) => watcher.close()));
});
async function open(topics: z.input<typeof WatchInput>["topics"], actor?: string): Promise<Watcher> {
  const watcher = await openWatcher(fixture, { topics }, actor === undefined ? {} : { actor });
  opened.push(watcher);
  return watcher;
}
const changesOf = (watcher: Watcher) =>
  watcher
    .frames("changes")
    .flatMap(({ topics, changes }) =>
      changes.map(({ op, name, row }) => ({ op, name, word: row?.word ?? null, topics })),
    );
/** Tells everybody something last, and waits until this watcher has heard it: what was not told before never will be. */
async function allTold(watcher: Watcher): Promise<void> {
  const clusterId = await insertCluster(fixture.database);
  await tellCluster(fixture.database, clusterId);
  await watcher.until("cluster", (frame) => frame.clusterId === clusterId);
}

test("a stream says hello with the feed's position first, and then that it lives", async () => {
  const watcher = await open([{ topic: "summary" }]);
  const [hello] = watcher.told;
  expect(hello!.id).toMatch(/^[0-9a-f]+\.\d+$/);
  // No cluster is there that anything could be confirmed of.
  const time = expect.stringMatching(/Z$/);
  expect(hello!.frame).toEqual({ type: "hello", cursor: hello!.id, serverTime: time, confirmedAt: null });
  await watcher.until("ping");
  expect(watcher.cursor).toBe(hello!.id);
});

test("a query is told of rows that come, change, leave it and go, and of no others", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([{ topic: "query", filter: { cluster: [clusterId], readiness: ["Failed"] } }]);
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "a", word: "Failed", message: "one" }]);
  await watcher.until("changes", ({ changes }) => changes[0]?.row?.message === "one");
  await storeRows(fixture.database, [{ clusterId, name: "a", word: "Failed", message: "two" }]);
  await watcher.until("changes", ({ changes }) => changes[0]?.row?.message === "two");
  await storeRows(fixture.database, [
    { clusterId, name: "a", word: "Ready" },
    { clusterId, name: "never", word: "Ready" },
  ]);
  await watcher.until("changes", ({ changes }) => changes[0]?.row?.word === "Ready");
  await storeRows(fixture.database, [{ clusterId, name: "a", word: "Suspended" }]);
  await storeRows(fixture.database, [{ clusterId, name: "a", word: "Failed" }]);
  await watcher.until(
    "changes",
    ({ changes }) =>
      changes[0]?.row?.message === "Applied revision: main@sha1:5d5c4c1" && changes[0].row.word === "Failed",
  );
  await dropRows(fixture.database, [id!]);
  await watcher.until("changes", ({ changes }) => changes[0]?.op === "delete");
  await allTold(watcher);
  expect(changesOf(watcher).every(({ name, topics }) => name === "a" && topics.join() === "0")).toBe(true);
  expect(changesOf(watcher).at(-1)).toMatchObject({ op: "delete", word: null });
});

test("a search hears of a row whose message stops to match, because what it was is not known any more", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([{ topic: "query", filter: { cluster: [clusterId], text: "timeout" } }]);
  await storeRows(fixture.database, [{ clusterId, name: "slow", word: "Failed", message: "a timeout" }]);
  await watcher.until("changes");
  await storeRows(fixture.database, [{ clusterId, name: "slow", word: "Failed", message: "fine" }]);
  await watcher.until("changes", ({ changes }) => changes[0]?.row?.message === "fine");
});

test("each topic hears its own: an object, a cluster, a query, in one stream", async () => {
  const [here, there] = [
    await insertCluster(fixture.database, { name: "here" }),
    await insertCluster(fixture.database),
  ];
  const watcher = await open([
    { topic: "object", cluster: "here", kind: "Kustomization", namespace: "apps", name: "one" },
    { topic: "cluster", cluster: here },
    { topic: "query", filter: { not: { kind: ["Kustomization"] }, cluster: [here, there] } },
    { topic: "object", cluster: "nowhere", kind: "Kustomization", namespace: "apps", name: "one" },
  ]);
  for (const row of [
    { clusterId: here, name: "one" },
    { clusterId: here, name: "two" },
    { clusterId: here, name: "three", kind: "HelmRelease" },
    { clusterId: there, name: "four", kind: "HelmRelease" },
    { clusterId: there, name: "one" },
  ]) {
    await storeRows(fixture.database, [row]);
    await allTold(watcher);
  }
  expect(changesOf(watcher).map(({ name, topics }) => [name, topics])).toEqual([
    ["one", [0, 1]],
    ["two", [1]],
    ["three", [1, 2]],
    ["four", [2]],
  ]);
});

test("a cluster's record and counts are told when they change, and its removal", async () => {
  const clusterId = await insertCluster(fixture.database, { name: "told" });
  const watcher = await open([{ topic: "summary" }]);
  const [id] = await storeRows(fixture.database, [{ clusterId, word: "Failed" }]);
  const ofCluster = (fits: (cluster: Extract<LiveFrame, { type: "cluster" }>["cluster"]) => boolean) =>
    watcher.until("cluster", (frame) => frame.clusterId === clusterId && fits(frame.cluster));
  await ofCluster((cluster) => cluster?.counts.Failed === 1 && cluster.worst === "Failed");
  await fixture.perform(labelClusters, { clusters: [clusterId], environment: "prod" });
  await ofCluster((cluster) => cluster?.environment === "prod");
  await dropRows(fixture.database, [id!]);
  await ofCluster((cluster) => cluster?.objectCount === 0);
  await fixture.perform(removeCluster, { cluster: clusterId });
  await ofCluster((cluster) => cluster === null);
  expect(watcher.frames("changes")).toEqual([]);
});

test("objects of a removed cluster are not told any more", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([{ topic: "query", filter: {} }]);
  await fixture.database.sql`update clusters set deleted_at = now() where id = ${clusterId}`;
  await storeRows(fixture.database, [{ clusterId, name: "ghost" }]);
  await allTold(watcher);
  expect(changesOf(watcher)).toEqual([]);
});

test("a reconcile that goes on is told with its steps, to whoever may see the object", async () => {
  const clusterId = await insertCluster(fixture.database, { environment: "dev" });
  fixture.rights.give("prod-only", { allows: () => true, sees: isIn("environment", ["prod"]) });
  const [watcher, blind] = [await open([{ topic: "summary" }]), await open([{ topic: "summary" }], "prod-only")];
  const { sql } = fixture.database;
  const id = crypto.randomUUID();
  const steps = JSON.stringify([{ group: "g", kind: "Kustomization", namespace: "apps", name: "a", state: "handled" }]);
  await sql`insert into reconcile_runs ${sql({
    id,
    token: "t",
    cluster_id: clusterId,
    group: "g",
    kind: "Kustomization",
    namespace: "apps",
    name: "a",
    uid: "u",
    steps,
    options: "{}",
    phase: "handled",
    actor: "operator-a",
    started_at: new Date(),
    deadline_at: new Date(),
  })}`;
  await sql.begin((tx) => appendLog(tx, [{ subject: "run", op: "upsert", clusterId, runId: id }]));
  const { run } = await watcher.until("run");
  expect(run).toMatchObject({ id, phase: "handled", steps: [{ name: "a", state: "handled" }] });
  const visible = await insertCluster(fixture.database, { environment: "prod" });
  await tellCluster(fixture.database, visible);
  await blind.until("cluster", (frame) => frame.clusterId === visible);
  expect(blind.frames("run")).toEqual([]);
});

test("changes close together share a frame", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([{ topic: "query", filter: { cluster: [clusterId] } }]);
  const names = Array.from({ length: 30 }, (_, index) => `app-${index}`);
  await Promise.all(names.map((name) => storeRows(fixture.database, [{ clusterId, name }])));
  await until("all are told", () => new Set(changesOf(watcher).map(({ name }) => name)).size === names.length);
  expect(watcher.frames("changes").length).toBeLessThan(names.length);
});

test("of an object that changed several times, what it was first and what it is now are told, once", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([
    { topic: "query", filter: { cluster: [clusterId], readiness: ["Failed"] } },
    { topic: "query", filter: { cluster: [clusterId], readiness: ["Progressing"] } },
    { topic: "query", filter: { cluster: [clusterId], readiness: ["Ready"] } },
  ]);
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "a", word: "Ready" }]);
  await watcher.until("changes");
  await allTold(watcher);
  const before = changesOf(watcher).length;
  const entry = (oldWord: string, newWord: string) => ({
    subject: "resource" as const,
    op: "upsert" as const,
    clusterId,
    resourceId: id!,
    kind: "Kustomization",
    namespace: "apps",
    name: "a",
    oldWord,
    newWord,
  });
  const entries = [entry("Failed", "Progressing"), entry("Progressing", "Ready")];
  await fixture.database.sql.begin((tx) => appendLog(tx, entries));
  await allTold(watcher);
  expect(changesOf(watcher).slice(before)).toEqual([{ op: "upsert", name: "a", word: "Ready", topics: [0, 2] }]);
});

test("more than 200 changes at once are cheaper fetched again", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open([
    { topic: "query", filter: { cluster: [clusterId] } },
    { topic: "query", filter: { cluster: [clusterId], readiness: ["Failed"] } },
  ]);
  await storeRows(
    fixture.database,
    Array.from({ length: 201 }, (_, index) => ({ clusterId, name: `app-${index}` })),
  );
  expect(await watcher.until("refetch")).toEqual({ type: "refetch", topics: [0] });
  expect(watcher.frames("changes")).toEqual([]);
  await storeRows(
    fixture.database,
    Array.from({ length: 200 }, (_, index) => ({ clusterId, name: `app-${index}`, word: "Failed" as const })),
  );
  const { topics, changes } = await watcher.until("changes");
  expect([topics, changes.length]).toEqual([[0, 1], 200]);
});

test("an actor is told of nothing they may not see", async () => {
  const [dev, prod] = [
    await insertCluster(fixture.database, { environment: "dev" }),
    await insertCluster(fixture.database, { environment: "prod" }),
  ];
  fixture.rights.give("dev", { allows: () => true, sees: isIn("environment", ["dev"]) });
  const watcher = await open(
    [{ topic: "summary" }, { topic: "query", filter: {} }, { topic: "cluster", cluster: prod }],
    "dev",
  );
  const [hidden] = await storeRows(fixture.database, [{ clusterId: prod, name: "hidden" }]);
  await dropRows(fixture.database, [hidden!]);
  await tellCluster(fixture.database, prod);
  await storeRows(fixture.database, [{ clusterId: dev, name: "shown" }]);
  await watcher.until("changes");
  expect(changesOf(watcher).map(({ name }) => name)).toEqual(["shown"]);
  expect(new Set(watcher.frames("cluster").map(({ clusterId }) => clusterId))).toEqual(new Set([dev]));
});

test("rights are asked for again often enough to say nothing 5 seconds after they are taken away", () => {
  // It is looked whether it is time when a frame comes or a ping is due.
  expect(RIGHTS_MS + PING_MS).toBeLessThan(5_000);
});

test("whoever may see less from now on is told so, and hears nothing of the rest after it", async () => {
  const [kept, lost] = [
    await insertCluster(fixture.database, { environment: "dev" }),
    await insertCluster(fixture.database),
  ];
  fixture.rights.give("moved", { allows: () => true, sees: isIn("clusterId", [kept, lost]) });
  const watcher = await open([{ topic: "query", filter: {} }], "moved");
  await storeRows(fixture.database, [{ clusterId: lost, name: "before" }]);
  await watcher.until("changes");
  fixture.rights.give("moved", { allows: () => true, sees: isIn("clusterId", [kept]) });
  await watcher.until("resync");
  await storeRows(fixture.database, [{ clusterId: lost, name: "after" }]);
  await storeRows(fixture.database, [{ clusterId: kept, name: "still" }]);
  await watcher.until("changes", ({ changes }) => changes.some(({ name }) => name === "still"));
  expect(changesOf(watcher).map(({ name }) => name)).toEqual(["before", "still"]);
});
