import { beforeAll, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { fluxStats } from "../cluster/flux-stats.ts";
import { getCluster } from "../cluster/get.ts";
import { listClusters } from "../cluster/list.ts";
import { anyOf, isIn } from "../query/predicate.ts";
import { fleetSummary } from "./summary.ts";

const fixture = useApi();
let dev = "";
let prod = "";

beforeAll(async () => {
  dev = await insertCluster(fixture.database, { name: "dev", environment: "dev" });
  prod = await insertCluster(fixture.database, { name: "prod", environment: "prod" });
  const old = await insertCluster(fixture.database, { name: "old", environment: "prod", stream: "stale" });
  await storeRows(fixture.database, [
    { clusterId: dev, name: "a", namespace: "team-a", word: "Failed", readyStatus: "False" },
    { clusterId: dev, name: "b", namespace: "team-b", word: "Ready" },
    { clusterId: dev, name: "c", namespace: "team-b", word: "Suspended", suspended: true },
    { clusterId: dev, name: "d", kind: "Alert", namespace: "team-b", word: "Static", readyStatus: null },
    { clusterId: prod, name: "a", word: "Stalled", readyStatus: "False" },
    { clusterId: prod, name: "b", word: "Progressing", readyStatus: "Unknown" },
  ]);
  await storeRows(fixture.database, [
    { clusterId: old, name: "a", word: "Ready" },
    { clusterId: old, name: "b", word: "Failed" },
  ]);
});

test("the summary counts what is true now apart from what is stale, and shows the worst first", async () => {
  const summary = await fixture.perform(fleetSummary, undefined);
  expect(summary.counts).toEqual({ Failed: 1, Ready: 1, Suspended: 1, Static: 1, Stalled: 1, Progressing: 1 });
  expect([summary.objectCount, summary.staleObjectCount]).toEqual([6, 2]);
  expect(summary.attention.map(({ clusterName, word, stale }) => [clusterName, word, stale])).toEqual([
    ["prod", "Stalled", false],
    ["old", "Failed", true],
    ["dev", "Failed", false],
  ]);
  expect(summary.clusters.map(({ name, worst, objectCount }) => [name, worst, objectCount])).toEqual([
    ["old", "Failed", 2],
    ["prod", "Stalled", 2],
    ["dev", "Failed", 4],
  ]);
  expect(summary.cursor).toMatch(/^[0-9a-f]+\.\d+$/);
});

test("whoever sees some of it has figures of that alone", async () => {
  const seen = anyOf(isIn("namespace", ["team-b"]));
  fixture.rights.give("team-b", { allows: () => true, sees: seen });
  const summary = await fixture.perform(fleetSummary, undefined, "team-b");
  expect(summary.counts).toEqual({ Ready: 1, Suspended: 1, Static: 1 });
  expect(summary.attention).toEqual([]);
  fixture.rights.give("dev", { allows: () => true, sees: isIn("environment", ["dev"]) });
  const ofDev = await fixture.perform(fleetSummary, undefined, "dev");
  expect(ofDev.clusters.map(({ name }) => name)).toEqual(["dev"]);
  expect(ofDev).toMatchObject({ objectCount: 4, staleObjectCount: 0 });
  expect(ofDev.attention.map(({ clusterName }) => clusterName)).toEqual(["dev"]);
  expect((await fixture.perform(listClusters, undefined, "dev")).map(({ name }) => name)).toEqual(["dev"]);
});

test("a cluster's own figures are by kind, and only of what the actor may see", async () => {
  const detail = await fixture.perform(getCluster, { cluster: "dev" });
  expect(detail).toMatchObject({
    counts: { Failed: 1, Ready: 1, Suspended: 1, Static: 1 },
    worst: "Failed",
    rights: [],
  });
  expect(detail.countsByKind).toEqual([
    { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", counts: { Failed: 1, Ready: 1, Suspended: 1 } },
    { group: "notification.toolkit.fluxcd.io", kind: "Alert", counts: { Static: 1 } },
  ]);
  expect(await fixture.perform(fluxStats, { cluster: dev })).toEqual({
    Alert: { total: 1, ready: 0, notReady: 0, suspended: 0 },
    Kustomization: { total: 3, ready: 1, notReady: 1, suspended: 1 },
  });
  fixture.rights.give("team-a", { allows: () => true, sees: isIn("namespace", ["team-a"]) });
  expect(await fixture.perform(fluxStats, { cluster: dev }, "team-a")).toEqual({
    Kustomization: { total: 1, ready: 0, notReady: 1, suspended: 0 },
  });
  const narrowed = await fixture.perform(getCluster, { cluster: dev }, "team-a");
  expect(narrowed).toMatchObject({ objectCount: 1, countsByKind: [{ counts: { Failed: 1 } }] });
});

test("each needs its permission, and a cluster that is not known is not there", async () => {
  fixture.rights.give("guest", allBut("cluster.read", "resource.read"));
  for (const read of [fleetSummary, listClusters])
    expect(await fixture.refusal(read, undefined, "guest")).toMatchObject({ code: "FORBIDDEN" });
  for (const read of [getCluster, fluxStats]) {
    expect(await fixture.refusal(read, { cluster: "dev" }, "guest")).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    expect(await fixture.refusal(read, { cluster: "nowhere" })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  }
  fixture.rights.give("namer", allBut("resource.read"));
  expect(await fixture.refusal(fluxStats, { cluster: "dev" }, "namer")).toMatchObject({ code: "FORBIDDEN" });
});
