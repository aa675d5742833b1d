import { describe, expect, test } from "bun:test";
import { differencesOf } from "./difference.ts";
import { FieldOwners, pathText } from "./managed-fields.ts";
import { MASK } from "./mask.ts";
import type { Json, KubeObject } from "./object.ts";
import { sameValue } from "./same-value.ts";
import { live } from "./test-live-objects.ts";

const wrote = (manager: string, fieldsV1: Json, more: Json = {}): Json => ({
  manager,
  operation: "Update",
  fieldsType: "FieldsV1",
  time: "2026-01-02T03:04:05Z",
  fieldsV1,
  ...more,
});
const owned = (object: KubeObject, ...managedFields: Json[]): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields },
});
/** What the applier of every object wrote, so that others can take something from it. */
const APPLIED = wrote("helm-controller", { "f:spec": { "f:selector": {} } });
const told = (object: KubeObject, desired: Json | null) =>
  differencesOf({ live: object, desired, appliers: ["helm-controller"] }, () => "").map(
    ({ path, difference, desired: wanted, actual, managers }) =>
      [path, difference, wanted, actual, managers.map(({ name }) => name).join()] as const,
  );

describe("owners of fields", () => {
  test("are read from every form of FieldsV1, status aside", () => {
    const owners = new FieldOwners(
      owned(
        live("v1/Pod"),
        wrote("a", {
          "f:metadata": { "f:labels": { ".": {}, "f:app.kubernetes.io/name": {} }, "f:finalizers": { 'v:"x"': {} } },
          "f:spec": { "f:containers": { 'k:{"name":"web"}': { ".": {}, "f:image": {} } }, "f:list": { "i:0": {} } },
          "f:status": { "f:phase": {} },
        }),
        wrote("kubelet", { "f:status": { "f:podIP": {} } }, { subresource: "status" }),
        wrote("b", {
          "f:spec": { "f:containers": { 'k:{"name":"web"}': { "f:image": {} }, "k:{broken": {}, "x:?": {} } },
        }),
        { manager: "old", fieldsType: "FieldsV0", fieldsV1: { "f:spec": {} } },
      ),
    );
    expect(
      owners.fields.map(({ path, managers }) => [pathText(path), managers.map(({ name }) => name).join()]),
    ).toEqual([
      ['metadata.finalizers[="x"]', "a"],
      ['metadata.labels["app.kubernetes.io/name"]', "a"],
      ["spec.containers[name=web].image", "a,b"],
      ["spec.list[0]", "a"],
    ]);
  });

  test("of an object without any are none", () => {
    expect(new FieldOwners(live("v1/Pod")).fields).toEqual([]);
    expect(new FieldOwners(owned(live("v1/Pod"), { fieldsV1: null }, 7 as never)).fields).toEqual([]);
  });
});

describe("two values are the same", () => {
  test.each([
    ["0.1", "100m"],
    [0.1, "100m"],
    ["1024Mi", "1Gi"],
    ["1e3", "1k"],
    [8080, "8080"],
    [{ a: [] }, {}],
    [null, undefined],
    [false, undefined],
    [[{ port: 80 }], [{ port: 80, protocol: "TCP" }]],
    [{ labels: { a: "b" } }, { labels: { a: "b", c: "d" } }],
  ])("%j and %j", (one, other) => {
    expect(sameValue(one, other)).toBe(true);
  });
  test.each([
    ["1Gi", "1G"],
    ["abc", "abd"],
    [true, false],
    [1, 2],
    [["a"], ["a", "b"]],
    ["x", undefined],
    [0, 3],
    ["", "x"],
  ])("not %j and %j", (one, other) => {
    expect(sameValue(one, other)).toBe(false);
  });
});

describe("a difference", () => {
  const container = (name: string, image: string, more: Json = {}) => ({ name, image, ...more });
  const deployment = (...containers: Json[]) =>
    live("apps/v1/Deployment", { spec: { replicas: 2, template: { spec: { containers } } } });
  const wanted = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers: [container("web", "x:1")] } } },
  };
  const image = (name: string) => ({
    "f:spec": { "f:template": { "f:spec": { "f:containers": { [`k:{"name":"${name}"}`]: { "f:image": {} } } } } },
  });
  const IMAGE = "spec.template.spec.containers[name=web].image";

  test("is what somebody else wrote over; what the applier wrote itself is yet to be applied", () => {
    const changed = deployment(container("web", "x:2"));
    expect(told(owned(changed, wrote("kubectl-edit", image("web"))), wanted)).toEqual([
      [IMAGE, "changed", "x:1", "x:2", "kubectl-edit"],
    ]);
    expect(told(owned(changed, wrote("helm-controller", image("web"))), wanted)).toEqual([
      [IMAGE, "pending", "x:1", "x:2", "helm-controller"],
    ]);
    expect(told(changed, wanted)).toEqual([[IMAGE, "changed", "x:1", "x:2", ""]]);
  });

  test("is found by the name of an entry, wherever it stands, and not in what others add", () => {
    const injected = deployment(container("mesh", "m:1"), container("web", "x:1", { imagePullPolicy: "Always" }));
    expect(told(owned(injected, wrote("helm-controller", image("mesh"))), wanted)).toEqual([]);
    expect(told(owned(injected, APPLIED, wrote("injector", image("mesh"))), wanted)).toEqual([
      ["spec.template.spec.containers[name=mesh].image", "taken", undefined, "m:1", "injector"],
    ]);
    expect(told(deployment(container("mesh", "m:1")), wanted).map(([path, difference]) => [path, difference])).toEqual([
      ["spec.template.spec.containers[name=web]", "removed"],
    ]);
  });

  test("is none of what the cluster itself writes, of bookkeeping and of requests to a controller", () => {
    const written = owned(
      live("apps/v1/Deployment", {
        metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": "now" } },
        spec: { replicas: 3 },
      }),
      APPLIED,
      wrote("kube-controller-manager", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" }),
      wrote("flux", {
        "f:metadata": { "f:annotations": { "f:reconcile.fluxcd.io/requestedAt": {} }, "f:finalizers": {} },
      }),
    );
    expect(told(written, null)).toEqual([]);
    // What is wanted is another matter.
    expect(told(written, { spec: { replicas: 1 } })).toEqual([
      ["spec.replicas", "changed", 1, 3, "kube-controller-manager"],
    ]);
  });

  test("is nothing that was taken from somebody who never wrote any of it", () => {
    const labelled = owned(live("v1/ConfigMap", { data: { a: "1" } }), wrote("kubectl", { "f:data": { "f:a": {} } }));
    expect(told(labelled, null)).toEqual([]);
  });

  test("of a Secret says that there is one, and neither value", () => {
    const secret = owned(
      live("v1/Secret", { data: { password: "b3RoZXI=" } }),
      APPLIED,
      wrote("kubectl", { "f:data": { "f:password": {} } }),
    );
    const desired = { apiVersion: "v1", kind: "Secret", metadata: { name: "web" }, data: { password: "d2FudGVk" } };
    expect(told(secret, desired)).toEqual([["data.password", "changed", MASK, MASK, "kubectl"]]);
    expect(told(secret, null)).toEqual([["data.password", "taken", undefined, MASK, "kubectl"]]);
  });

  test("is in the same order whatever the order of what was written", () => {
    const data = { a: "1", b: "2", c: "3" };
    const map = (keys: string[]) =>
      owned(
        live("v1/ConfigMap", { data }),
        APPLIED,
        ...keys.map((key) => wrote("x", { "f:data": { [`f:${key}`]: {} } })),
      );
    expect(told(map(["c", "a", "b"]), null)).toEqual(told(map(["a", "b", "c"]), null));
    expect(told(map(["a", "b", "c"]), null)).toHaveLength(3);
  });
});
