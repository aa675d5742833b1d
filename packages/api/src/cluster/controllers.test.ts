import { beforeEach, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { insertCluster, insertControllers, storeRows } from "../../test/rows.ts";
import { openWatcher } from "../../test/watcher.ts";
import { fleetSummary } from "../fleet/summary.ts";
import { isIn } from "../query/predicate.ts";
import { getStoredResource } from "../resource/get-stored.ts";
import { listResources } from "../resource/list.ts";
import { getCluster } from "./get.ts";
import { listClusters } from "./list.ts";

const fixture = useApi();
let clusterId = "";

beforeEach(async () => {
  clusterId = await insertCluster(fixture.database);
  await fixture.database.sql`update clusters set status = 'healthy' where id = ${clusterId}::uuid`;
  await storeRows(fixture.database, [
    { clusterId, name: "apps", namespace: "team-a" },
    { clusterId, name: "infra", namespace: "team-b", word: "Failed" },
    { clusterId, name: "sharded", namespace: "team-a", labels: { "sharding.fluxcd.io/key": "shard1", team: "a" } },
    { clusterId, name: "podinfo", namespace: "team-a", kind: "HelmRelease" },
    { clusterId, name: "slack", namespace: "team-a", kind: "Alert", word: "Static" },
  ]);
});
const cluster = () => fixture.perform(getCluster, { cluster: clusterId });
const marks = async () => {
  const { rows } = await fixture.perform(listResources, { cluster: [clusterId], sort: "name" });
  return Object.fromEntries(
    rows.flatMap(({ name, unreconciled }) => (unreconciled === null ? [] : [[name, unreconciled]])),
  );
};
const BOTH = [{ name: "kustomize-controller" }, { name: "helm-controller" }];

test("while nothing is known of the controllers, and while all run, nothing is marked", async () => {
  expect(await cluster()).toMatchObject({
    problem: null,
    unreconciledCount: 0,
    controllers: [],
    controllersRead: "unknown",
  });
  expect(await marks()).toEqual({});
  await insertControllers(fixture.database, clusterId, BOTH);
  const now = await cluster();
  expect(now).toMatchObject({
    status: "healthy",
    problem: null,
    unreconciledCount: 0,
    objectCount: 5,
    controllersRead: "everywhere",
  });
  expect(now.controllers.map(({ name, state }) => [name, state])).toEqual([
    ["helm-controller", "available"],
    ["kustomize-controller", "available"],
  ]);
  expect(await marks()).toEqual({});
});

test("a controller that is down makes the cluster unhealthy, and what it does not reconcile is marked and counted apart", async () => {
  await insertControllers(fixture.database, clusterId, [
    { name: "helm-controller" },
    { name: "kustomize-controller", state: "unavailable" },
  ]);
  const now = await cluster();
  expect(now).toMatchObject({
    status: "unhealthy",
    stream: "live",
    stale: false,
    problem: {
      code: "CONTROLLER_UNAVAILABLE",
      message: "kustomize-controller in flux-system has 0 of 1 replicas: Kustomizations there are not reconciled.",
      since: "2026-01-02T03:04:05.000Z",
    },
    unreconciledCount: 3,
    objectCount: 5,
    worst: "Static",
    counts: { Ready: 1, Static: 1 },
  });
  expect(now.controllers[0]).toMatchObject({
    name: "kustomize-controller",
    state: "unavailable",
    desired: 1,
    available: 0,
  });
  const down = "kustomize-controller is down";
  expect(await marks()).toEqual({ apps: down, infra: down, sharded: down });
  const [listed] = (await fixture.perform(listClusters, undefined)).filter(({ id }) => id === clusterId);
  expect(listed).toMatchObject({ status: "unhealthy", unreconciledCount: 3 });
});

test("a shard that is down leaves its own objects alone; a shard nobody has leaves them for good", async () => {
  const main = { name: "kustomize-controller", selector: "!sharding.fluxcd.io/key" };
  const shard1 = {
    name: "shard1",
    controller: "kustomize-controller",
    selector: "sharding.fluxcd.io/key=shard1,team=a",
  };
  await insertControllers(fixture.database, clusterId, [
    { name: "helm-controller" },
    main,
    { ...shard1, state: "unavailable" },
  ]);
  expect(await marks()).toEqual({ sharded: "shard1 is down" });
  expect((await cluster()).problem?.message).toBe(
    "shard1 in flux-system has 0 of 1 replicas: Kustomizations with sharding.fluxcd.io/key=shard1,team=a are not reconciled.",
  );
  await insertControllers(fixture.database, clusterId, [{ name: "helm-controller" }, main]);
  expect(await marks()).toEqual({ sharded: "no kustomize-controller has the shard shard1" });
  expect(await cluster()).toMatchObject({
    problem: null,
    unreconciledCount: 1,
    counts: { Failed: 1, Ready: 2, Static: 1 },
  });
  await insertControllers(fixture.database, clusterId, [{ name: "helm-controller" }, main, shard1]);
  expect(await marks()).toEqual({});
});

test("a controller of one namespace leaves the objects of that one alone", async () => {
  const ofNamespace = (name: string) => ({ name, controller: "kustomize-controller", onlyNamespace: name });
  await insertControllers(fixture.database, clusterId, [
    { name: "helm-controller" },
    ofNamespace("team-a"),
    { ...ofNamespace("team-b"), state: "unavailable" },
  ]);
  expect(await marks()).toEqual({ infra: "team-b is down" });
  expect(await cluster()).toMatchObject({ unreconciledCount: 1, counts: { Ready: 3, Static: 1 } });
});

test("a controller that never was there matters only to clusters with objects of its kinds", async () => {
  await insertControllers(fixture.database, clusterId, BOTH);
  await fixture.database.sql`
    update clusters set doubtful_kinds = '{ImagePolicy}' where id = ${clusterId}::uuid`;
  expect(await cluster()).toMatchObject({ problem: null, unreconciledCount: 0 });
  await storeRows(fixture.database, [{ clusterId, name: "latest", namespace: "team-a", kind: "ImagePolicy" }]);
  expect(await marks()).toEqual({ latest: "there is no image-reflector-controller" });
  expect(await cluster()).toMatchObject({
    problem: {
      message: "There is no image-reflector-controller: ImageRepositories and ImagePolicies are not reconciled.",
    },
    unreconciledCount: 1,
  });
});

test("a controller that is not there though others are is told too, since they changed", async () => {
  await insertControllers(fixture.database, clusterId, [{ name: "kustomize-controller" }]);
  expect(await marks()).toEqual({ podinfo: "there is no helm-controller" });
  expect((await cluster()).problem).toMatchObject({
    message: "There is no helm-controller: HelmReleases are not reconciled.",
    since: "2026-01-03T00:00:00.000Z",
  });
});

test("a cluster that cannot be read says that first", async () => {
  const problem = { code: "CLUSTER_UNREACHABLE", message: "It does not answer.", since: "2026-02-01T00:00:00.000Z" };
  await fixture.database.sql`
    update clusters set status = 'unhealthy', stream = 'stale', problem = ${fixture.database.sql.json(problem)} where id = ${clusterId}::uuid`;
  await insertControllers(fixture.database, clusterId, [{ name: "helm-controller", state: "scaled-down" }]);
  expect((await cluster()).problem).toEqual(problem);
});

test("the fleet's figures leave out what nobody reconciles; whoever sees a part has it of that part", async () => {
  const before = await fixture.perform(fleetSummary, undefined);
  await insertControllers(fixture.database, clusterId, [
    ...BOTH.slice(1),
    { name: "kustomize-controller", state: "scaled-down" },
  ]);
  const after = await fixture.perform(fleetSummary, undefined);
  expect(after.unreconciledObjectCount - before.unreconciledObjectCount).toBe(3);
  expect(before.objectCount - after.objectCount).toBe(3);
  fixture.rights.give("team-b", { allows: () => true, sees: isIn("namespace", ["team-b"]) });
  const ofTeam = await fixture.perform(getCluster, { cluster: clusterId }, "team-b");
  expect(ofTeam).toMatchObject({ unreconciledCount: 1, objectCount: 1, counts: {} });
});

test("REST v1's word stays the raw condition's: only the mark is ours", async () => {
  await insertControllers(fixture.database, clusterId, [{ name: "kustomize-controller", state: "unavailable" }]);
  const ref = { cluster: clusterId, kind: "Kustomization", namespace: "team-a", name: "apps" };
  expect((await fixture.perform(getStoredResource, ref)).status).toBe("Ready");
});

test("an open page is told when a controller goes down and comes back", async () => {
  await insertControllers(fixture.database, clusterId, BOTH);
  const watcher = await openWatcher(fixture, { topics: [{ topic: "cluster", cluster: clusterId }] });
  await insertControllers(fixture.database, clusterId, [
    { name: "kustomize-controller", state: "unavailable" },
    { name: "helm-controller" },
  ]);
  await watcher.until(
    "cluster",
    ({ cluster }) => cluster?.problem?.code === "CONTROLLER_UNAVAILABLE" && cluster.unreconciledCount === 3,
  );
  await insertControllers(fixture.database, clusterId, BOTH);
  await watcher.until("cluster", ({ cluster }) => cluster !== null && cluster.problem === null);
  await watcher.close();
});
