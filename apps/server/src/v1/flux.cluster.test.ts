import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createNamespace,
  createObject,
  deleteObject,
  getObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObjectRef,
  kubeRequest,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { FLUX_OBJECTS } from "./test-cluster.ts";
import { useRest } from "./test-rest.ts";
import { ACTIVITY, CLUSTER, expectShape, FAILURE, FIGURES, MESSAGE, RESOURCE, type Shape } from "./test-shapes.ts";

const SYNC: Shape = { count: "n", message: "s" };
const CHILD: Shape = { Group: "s", Kind: "s", Name: "s", Namespace: "s", id: "s", version: "s" };
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const app: KubeObjectRef = {
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "app", namespace: "flux-system" },
};
/** Every route of one live object. */
const ROUTES = [
  ["GET", ""],
  ["GET", "/resources"],
  ["POST", "/reconcile"],
  ["POST", "/suspend"],
  ["POST", "/resume"],
] as const;
const frozen: KubeObjectRef = { ...app, metadata: { name: "frozen", namespace: "flux-system" } };

describe.skipIf(!(await requirement("kube-apiserver")))("over a real cluster", () => {
  const rest = useRest();
  let apiserver: KubeApiserver;
  /** `/api/v1/clusters/<id>` of the cluster as its administrator, and as somebody who may only look around. */
  let cluster = "";
  let clusterId = "";
  let powerless = "";
  beforeAll(async () => {
    apiserver = await startKubeApiserver({ tokens: [{ token: "powerless", user: "powerless" }] });
    await installFluxCrds(apiserver);
    await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
    for (const object of FLUX_OBJECTS) await createObject(apiserver, object);
    const answer = await rest.call("POST", "/api/v1/clusters", { name: "prod", kubeconfig: apiserver.kubeconfig() });
    expect(answer.json).toMatchObject({ name: "prod", status: "healthy" });
    clusterId = answer.json.id;
    cluster = `/api/v1/clusters/${clusterId}`;
    const kubeconfig = apiserver.kubeconfig({ user: { token: "powerless" } });
    powerless = `/api/v1/clusters/${(await rest.call("POST", "/api/v1/clusters", { name: "weak", kubeconfig })).json.id}`;
    await rest.call("POST", `${cluster}/sync`);
  }, 180_000);
  afterAll(() => apiserver?.stop(), 180_000);

  const live = (name: string, kind = "Kustomization") => `${cluster}/flux/${kind}/flux-system/${name}`;
  const stored = async (name: string, kind = "Kustomization") =>
    (await rest.call("GET", `/api/v1/resources/${clusterId}/${kind}/flux-system/${name}`)).json;
  const versionOf = async (ref: KubeObjectRef) => (await getObject(apiserver, ref)).metadata.resourceVersion;

  test("§3.1 3, 6 a cluster that answers is healthy, and counts what is stored of it", async () => {
    const { status, text } = await rest.call("GET", `${cluster}/health`);
    expect([status, text]).toEqual([200, '{"status":"healthy"}\n']);
    const { json } = await rest.call("GET", cluster);
    expectShape(json, CLUSTER);
    expect(json).toMatchObject({ status: "healthy", resource_count: FLUX_OBJECTS.length });
  });

  test("§3.1 7 a sync reads every object and says how many", async () => {
    const { status, json } = await rest.call("POST", `${cluster}/sync`);
    expect(status).toBe(200);
    expectShape(json, SYNC);
    expect(json.count).toBe(FLUX_OBJECTS.length);
  });

  test("§3.2 12 the list of a cluster is what it holds, and forgets what it no longer holds", async () => {
    const namespace = await createNamespace(apiserver);
    const passing = { ...app, metadata: { name: "passing", namespace } };
    await createObject(apiserver, { ...(FLUX_OBJECTS[0] as typeof app), metadata: passing.metadata });
    await rest.call("POST", `${cluster}/sync`);
    const namesIn = async () => {
      const { json } = await rest.call("GET", `${cluster}/resources`);
      for (const resource of json) expectShape(resource, RESOURCE);
      return json.map(({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`).sort();
    };
    const lasting = FLUX_OBJECTS.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
    expect(await namesIn()).toEqual([...lasting, "Kustomization/passing"].sort());
    await deleteObject(apiserver, passing);
    await rest.call("POST", `${cluster}/sync`);
    expect(await namesIn()).toEqual(lasting);
  });

  test("status and message are those of the Ready condition", async () => {
    const rows = await Promise.all(["app", "nested", "new"].map((name) => stored(name)));
    expect(rows.map(({ status, message }) => [status, message])).toEqual([
      ["Ready", "Applied revision: main@sha1:4c3dce1"],
      ["NotReady", "apply failed: <nothing> & more"],
      ["Unknown", ""],
    ]);
    expect((await stored("oci", "OCIRepository")).status).toBe("NotReady");
  });

  test("§3.2 15 a live read is the object as it is now, without secrets and bookkeeping", async () => {
    const before = Date.now();
    const { status, json } = await rest.call("GET", live("hello", "HelmRelease"));
    expect(status).toBe(200);
    expectShape(json, RESOURCE);
    expect(json).toMatchObject({
      id: `${clusterId}/HelmRelease/flux-system/hello`,
      status: "Ready",
      message: "Helm install succeeded",
      last_reconcile: "2026-01-02T03:04:05Z",
    });
    expect(Date.parse(json.updated_at)).toBeGreaterThanOrEqual(before);
    const metadata = JSON.parse(json.metadata);
    expect(Object.keys(metadata)).toEqual(["apiVersion", "kind", "metadata", "spec", "status"]);
    expect(metadata.metadata.managedFields).toBeUndefined();
    expect(metadata.spec.interval).toBe("10m");
    expect(json.metadata).not.toContain("hunter2");
    expect((await stored("hello", "HelmRelease")).metadata).toBe(json.metadata);
  });

  test("§3.2 14 stats count a suspended object as that alone, and one without a Ready condition only in the total", async () => {
    const { status, json } = await rest.call("GET", `${cluster}/flux/stats`);
    expect(status).toBe(200);
    for (const figures of Object.values(json)) expectShape(figures, FIGURES);
    expect(json).toEqual({
      kustomizations: { total: 4, ready: 1, notReady: 1, suspended: 1 },
      helmReleases: { total: 1, ready: 1, notReady: 0, suspended: 0 },
      gitRepositories: { total: 1, ready: 1, notReady: 0, suspended: 0 },
      helmRepositories: { total: 1, ready: 1, notReady: 0, suspended: 0 },
      ociRepositories: { total: 1, ready: 0, notReady: 1, suspended: 0 },
      buckets: { total: 1, ready: 0, notReady: 0, suspended: 0 },
    });
  });

  test("§3.2 20 children are the inventory, names with a colon included", async () => {
    const { status, json } = await rest.call("GET", `${live("nested")}/resources`);
    expect([status, Object.keys(json), json.count]).toEqual([200, ["count", "resources"], 3]);
    const [role, child, unreadable] = json.resources;
    expectShape(role, CHILD);
    expect(role).toEqual({
      Group: "rbac.authorization.k8s.io",
      Kind: "ClusterRole",
      Name: "system:web:reader",
      Namespace: "",
      id: "_system__web__reader_rbac.authorization.k8s.io_ClusterRole",
      version: "v1",
    });
    expect(child).toMatchObject({ Kind: "Kustomization", Name: "child", Namespace: "flux-system" });
    expect(unreadable).toEqual({ id: "unreadable", version: "v1" });
    for (const [name, kind] of [
      ["app", "GitRepository"],
      ["new", "Kustomization"],
    ] as const)
      expect((await rest.call("GET", `${live(name, kind)}/resources`)).text).toBe('{"count":0,"resources":[]}\n');
  });

  describe("an action", () => {
    test("§3.2 17, 18, 19 reaches the object, and the list shows it at once", async () => {
      for (const [action, suspend] of [
        ["suspend", true],
        ["resume", false],
      ] as const) {
        const { status, json } = await rest.call("POST", `${live("app")}/${action}`);
        expect(status).toBe(200);
        expectShape(json, MESSAGE);
        expect((await getObject(apiserver, app))["spec"].suspend).toBe(suspend);
        expect(JSON.parse((await stored("app")).metadata).spec.suspend).toBe(suspend);
      }
      // Whatever a client sends along is not looked at.
      expect((await rest.call("POST", `${live("app")}/reconcile`, "{ no JSON")).status).toBe(200);
      const requested = async () =>
        (await getObject(apiserver, app)).metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
      const first = await requested();
      expect(Date.parse(first ?? "")).toBeGreaterThan(Date.now() - 60_000);
      const byBody = { cluster_id: clusterId, Kind: "Kustomization", namespace: "flux-system", NAME: "app", more: 1 };
      const answer = await rest.call("POST", "/api/v1/resources/reconcile", byBody);
      expect([answer.status, Object.keys(answer.json)]).toEqual([200, ["message"]]);
      expect(await requested()).not.toBe(first);
    });

    test("is recorded as the original records it, successful or not", async () => {
      const hello = `${cluster}/flux/HelmRelease/flux-system`;
      for (const action of ["reconcile", "suspend", "resume"]) {
        expect((await rest.call("POST", `${hello}/hello/${action}`)).status).toBe(200);
        expect((await rest.call("POST", `${hello}/gone/${action}`)).status).toBe(404);
      }
      const { json } = await rest.call("GET", `/api/v1/activities?cluster_id=${clusterId}&limit=6`);
      for (const activity of json) expectShape(activity, ACTIVITY);
      const expected = ["resume", "suspend", "reconcile"].flatMap((action) =>
        [
          ["gone", "failed"],
          ["hello", "success"],
        ].map(([name, status]) => ({
          action,
          resource_type: "HelmRelease",
          resource_id: `flux-system/${name}`,
          resource_name: name,
          cluster_id: clusterId,
          cluster_name: "prod",
          user_id: "system",
          status,
        })),
      );
      expect(json).toMatchObject(expected);
    });

    test("on a suspended object that would do nothing is a 409", async () => {
      const before = await versionOf(frozen);
      const { status, json } = await rest.call("POST", `${live("frozen")}/reconcile`);
      expect([status, json.code]).toEqual([409, "SUSPENDED"]);
      expectShape(json, FAILURE);
      expect(await versionOf(frozen)).toBe(before);
    });
  });

  describe("a credential without rights", () => {
    test("gets 403 with the word that clients look for, and changes nothing", async () => {
      const before = await versionOf(app);
      const path = `${powerless}/flux/Kustomization/flux-system/app`;
      for (const [method, suffix] of ROUTES) {
        const { status, json } = await rest.call(method, path + suffix);
        expect([suffix, status, json.code]).toEqual([suffix, 403, "CLUSTER_FORBIDDEN"]);
        expectShape(json, FAILURE);
        expect(json.error).toMatch(/forbidden/i);
      }
      expect(await versionOf(app)).toBe(before);
    });
  });

  test("§3.2 11, 15 to 20 what names no object is refused, and no object changes", async () => {
    const all = () =>
      kubeRequest(apiserver, "GET", "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations").then((list) =>
        list["items"].map(
          ({ metadata }: KubeObjectRef & { metadata: { resourceVersion?: string } }) => metadata.resourceVersion,
        ),
      );
    const before = await all();
    const objects: [path: string, status: number, code: string][] = [
      ["/clusters/nope/flux/Kustomization/flux-system/app", 404, "CLUSTER_NOT_FOUND"],
      [`/clusters/${UNKNOWN}/flux/Kustomization/flux-system/app`, 404, "CLUSTER_NOT_FOUND"],
      ["/clusters/ID/flux/Nope/flux-system/app", 400, "KIND_NOT_SUPPORTED"],
      ["/clusters/ID/flux/Deployment/flux-system/app", 400, "KIND_NOT_SUPPORTED"],
      ["/clusters/ID/flux/kustomization/flux-system/app", 400, "KIND_NOT_SUPPORTED"],
      ["/clusters/ID/flux/Kustomization/Flux_System/app", 400, "NAME"],
      ["/clusters/ID/flux/Kustomization/flux-system/a%2Fb", 400, "NAME"],
      ["/clusters/ID/flux/Kustomization/flux-system/%00", 400, "NAME"],
      ["/clusters/ID/flux/Kustomization/flux-system/not-there", 404, "OBJECT_NOT_FOUND"],
      ["/clusters/ID/flux/ResourceSet/flux-system/app", 404, "KIND_NOT_SERVED"],
    ];
    for (const [path, status, code] of objects) {
      const at = `/api/v1${path.replace("ID", clusterId)}`;
      for (const [method, suffix] of ROUTES) {
        const answer = await rest.call(method, at + suffix);
        expect([path, suffix, answer.status, answer.json.code]).toEqual([path, suffix, status, code]);
        expectShape(answer.json, FAILURE);
      }
    }
    const ref = { cluster_id: clusterId, kind: "Kustomization", namespace: "flux-system", name: "app" };
    const bodies: [body: unknown, status: number, code: string][] = [
      [undefined, 400, "BODY_SYNTAX"],
      ["{", 400, "BODY_SYNTAX"],
      [{}, 400, "INPUT_INVALID"],
      [{ ...ref, cluster_id: 7 }, 400, "INPUT_INVALID"],
      [{ ...ref, cluster_id: UNKNOWN }, 404, "CLUSTER_NOT_FOUND"],
      [{ ...ref, kind: "Nope" }, 400, "KIND_NOT_SUPPORTED"],
      [{ ...ref, namespace: "" }, 400, "NAME"],
      [{ ...ref, name: "../x" }, 400, "NAME"],
      [{ ...ref, name: "not-there" }, 404, "OBJECT_NOT_FOUND"],
    ];
    for (const [body, status, code] of bodies) {
      const answer = await rest.call("POST", "/api/v1/resources/reconcile", body);
      expect([body, answer.status, answer.json.code]).toEqual([body, status, code]);
      expectShape(answer.json, FAILURE);
    }
    expect((await rest.call("GET", `/api/v1/clusters/${UNKNOWN}/flux/stats`)).status).toBe(404);
    expect(await all()).toEqual(before);
  });

  test("a removed cluster cannot be reached through any address any more", async () => {
    const kubeconfig = apiserver.kubeconfig();
    const { id } = (await rest.call("POST", "/api/v1/clusters", { name: "brief", kubeconfig })).json;
    await until(
      "its objects are listed",
      async () => (await rest.call("GET", `/api/v1/clusters/${id}/resources`)).json.length > 0,
    );
    await rest.call("DELETE", `/api/v1/clusters/${id}`);
    expect((await rest.call("GET", `/api/v1/clusters/${id}/resources`)).json).toEqual([]);
    for (const path of ["", "/health", "/flux/stats", "/flux/Kustomization/flux-system/app"])
      expect((await rest.call("GET", `/api/v1/clusters/${id}${path}`)).status).toBe(404);
    const listed = (await rest.call("GET", "/api/v1/resources")).json as { cluster_id: string }[];
    expect(listed.filter(({ cluster_id }) => cluster_id === id)).toEqual([]);
  });

  test("nothing here was an unexpected failure", () => {
    expect(rest.errors).toEqual([]);
  });
});
