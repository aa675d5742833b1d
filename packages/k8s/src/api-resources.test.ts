import { expect, test } from "bun:test";
import { type Routes, refuse, routed } from "../test/small-api-server.ts";
import { startTlsWorld } from "../test/tls-world.ts";
import { ApiResources, discoverKinds } from "./api-resources.ts";

const aggregated = (...items: object[]) => ({ kind: "APIGroupDiscoveryList", items });
const resource = (plural: string, kind: string, more: object = {}) => ({
  ...{ resource: plural, scope: "Namespaced", responseKind: { kind }, verbs: ["get"], ...more },
});
const core = aggregated({
  metadata: { creationTimestamp: null },
  versions: [
    {
      version: "v1",
      resources: [
        resource("pods", "Pod", { subresources: [{ subresource: "log" }] }),
        resource("nodes", "Node", { scope: "Cluster" }),
      ],
    },
  ],
});
const groups = aggregated(
  {
    metadata: { name: "apps" },
    versions: [{ version: "v1", resources: [resource("deployments", "Deployment")] }],
  },
  {
    metadata: { name: "events.k8s.io" },
    versions: [
      { version: "v1", resources: [resource("events", "Event")] },
      { version: "v1beta1", resources: [resource("events", "Event"), resource("olds", "Old")] },
    ],
  },
);

const worldOf = (routes: Routes) => startTlsWorld((request, reply) => routed(routes)(request, reply));

test("kinds come at the version that the cluster prefers, with their subresources", async () => {
  await using world = await worldOf({ "GET /api": core, "GET /apis": groups });
  const kinds = await discoverKinds(world.transport());
  expect(kinds.map(({ group, version, plural }) => [group, version, plural].join())).toEqual([
    ",v1,pods",
    ",v1,nodes",
    "apps,v1,deployments",
    "events.k8s.io,v1,events",
    "events.k8s.io,v1beta1,olds",
  ]);
  expect(kinds[0]).toMatchObject({ kind: "Pod", namespaced: true, subresources: ["log"] });
  expect(kinds[1]).toMatchObject({ kind: "Node", namespaced: false, subresources: [] });
});

test("a name that could leave its place in a path is no kind", async () => {
  const strange = aggregated(
    { metadata: { name: "a/../b" }, versions: [{ version: "v1", resources: [resource("xs", "X")] }] },
    { metadata: { name: "a" }, versions: [{ version: "v1/..", resources: [resource("xs", "X")] }] },
    {
      metadata: { name: "b" },
      versions: [
        { version: "v1", resources: ["../xs", "xs/status", "", "__proto__"].map((name) => resource(name, "X")) },
      ],
    },
    { metadata: { name: "__proto__" }, versions: [{ version: "v1", resources: [resource("xs", "X")] }] },
    { metadata: null, versions: "v1" },
    { metadata: { name: 7 }, versions: [null, { version: 1, resources: {} }] },
  );
  await using world = await worldOf({ "GET /api": core, "GET /apis": strange });
  expect((await discoverKinds(world.transport())).map(({ kind }) => kind)).toEqual(["Pod", "Node"]);
});

test("on an old server an aggregated API that is down hides only its own kinds", async () => {
  const version = (...resources: object[]) => ({ kind: "APIResourceList", resources });
  const group = (name: string) => ({ name, versions: [{ groupVersion: `${name}/v1`, version: "v1" }] });
  await using world = await worldOf({
    "GET /api": { kind: "APIVersions", versions: ["v1"] },
    "GET /api/v1": version(
      { name: "pods", kind: "Pod", namespaced: true, verbs: ["get"] },
      { name: "pods/log", kind: "Pod", namespaced: true, verbs: ["get"] },
    ),
    "GET /apis": { kind: "APIGroupList", groups: [group("metrics.k8s.io"), group("apps")] },
    "GET /apis/metrics.k8s.io/v1": refuse(503),
    "GET /apis/apps/v1": version(
      { name: "deployments", kind: "Deployment", namespaced: true, verbs: ["get"] },
      { name: "deployments/scale", kind: "Scale", namespaced: true, verbs: ["get"] },
    ),
  });
  expect(await discoverKinds(world.transport())).toMatchObject([
    { kind: "Pod", group: "", subresources: ["log"] },
    { kind: "Deployment", group: "apps", subresources: ["scale"] },
  ]);
});

test("kinds are looked up once, anew for one that is missing, and after five minutes", async () => {
  let served: object = groups;
  await using world = await worldOf({ "GET /api": core, "GET /apis": (_, reply) => reply.send(200, served) });
  let now = 0;
  const looks = () => world.server.requests.filter(({ path }) => path === "/apis").length;
  const kinds = new ApiResources(world.transport(), () => now);
  expect(await Promise.all([kinds.named("Pod"), kinds.named("Deployment", "apps"), kinds.all()])).toHaveLength(3);
  expect(looks()).toBe(1);

  expect(await kinds.named("Widget")).toEqual([]);
  expect(looks()).toBe(2);
  served = aggregated({
    metadata: { name: "shop.example" },
    versions: [{ version: "v1", resources: [resource("widgets", "Widget")] }],
  });
  const both = await Promise.all([kinds.named("Widget"), kinds.named("Widget", "shop.example")]);
  expect(both).toMatchObject([[{ group: "shop.example" }], [{ group: "shop.example" }]]);
  expect(looks()).toBe(3);

  now = 5 * 60_000;
  await kinds.named("Pod");
  expect(looks()).toBe(4);
});

test("a look that failed is not what the next one is told", async () => {
  let down = true;
  await using world = await worldOf({
    "GET /api": core,
    "GET /apis": (request, reply) => (down ? refuse(503)(request, reply) : reply.send(200, groups)),
  });
  const kinds = ApiResources.of(world.transport());
  expect(await kinds.named("Pod").catch(({ code }) => code)).toBe("CLUSTER_ERROR");
  down = false;
  expect(await kinds.named("Pod")).toHaveLength(1);
});
