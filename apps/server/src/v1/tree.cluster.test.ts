import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  patchStatus,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { FLUX_OBJECTS, WORKLOADS } from "./test-cluster.ts";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, type Shape } from "./test-shapes.ts";

interface Node {
  id: string;
  kind: string;
  name: string;
  status: string;
  health: string;
  created_at: string;
  children?: Node[];
  metadata: Record<string, unknown>;
}
const NODE: Shape = {
  id: "s",
  kind: "s",
  name: "s",
  namespace: "s",
  status: "s",
  health: ["Healthy", "Degraded", "Progressing", "Unknown"],
};

describe.skipIf(!(await requirement("kube-apiserver")))("§3.2 13, the resource tree", () => {
  const rest = useRest();
  let apiserver: KubeApiserver;
  let path = "";
  let powerless = "";
  beforeAll(async () => {
    apiserver = await startKubeApiserver({ tokens: [{ token: "powerless", user: "powerless" }] });
    await installFluxCrds(apiserver);
    const register = async (name: string, kubeconfig: string) => {
      const { json } = await rest.call("POST", "/api/v1/clusters", { name, kubeconfig });
      return `/api/v1/clusters/${json.id}/resources/tree`;
    };
    path = await register("prod", apiserver.kubeconfig());
    powerless = await register("weak", apiserver.kubeconfig({ user: { token: "powerless" } }));
  }, 180_000);
  afterAll(() => apiserver?.stop(), 180_000);

  test("§14 Q19 of a cluster without Flux objects is an empty list, which no page crashes at", async () => {
    expect((await rest.call("GET", path)).text).toBe('{"tree":[],"count":0}\n');
  });

  describe("of what Flux applied", () => {
    let roots: Node[] = [];
    const root = (kind: string, name: string) => roots.find((node) => node.kind === kind && node.name === name)!;
    beforeAll(async () => {
      await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
      for (const object of FLUX_OBJECTS) await createObject(apiserver, object);
      const applied = new Map<string, KubeObject>();
      for (const object of WORKLOADS)
        if (["ConfigMap", "Deployment", "ServiceAccount"].includes(object.kind))
          applied.set(object.kind, await createObject(apiserver, object));
      const web = applied.get("Deployment")!;
      await patchStatus(apiserver, web, {
        observedGeneration: 1,
        replicas: 2,
        readyReplicas: 1,
        availableReplicas: 1,
        updatedReplicas: 2,
      });
      const set = await createObject(
        apiserver,
        ownedBy(web, {
          ...web,
          kind: "ReplicaSet",
          metadata: { name: "web-1", namespace: "default" },
          status: undefined,
        }),
      );
      const { template } = web["spec"];
      for (const name of ["web-1-b", "web-1-a"]) {
        const pod = await createObject(
          apiserver,
          ownedBy(set, {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name, namespace: "default" },
            spec: template.spec,
          }),
        );
        await patchStatus(apiserver, pod, {
          phase: "Running",
          conditions: [{ type: "Ready", status: name === "web-1-a" ? "True" : "False" }],
          containerStatuses:
            name === "web-1-a"
              ? []
              : [
                  {
                    name: "main",
                    image: "x",
                    imageID: "x",
                    ready: false,
                    restartCount: 9,
                    state: { waiting: { reason: "CrashLoopBackOff" } },
                  },
                ],
        });
      }
      // An API server tells of a kind a moment after it serves it.
      const sync = path.replace("/resources/tree", "/sync");
      await until(
        "every kind is known",
        async () => (await rest.call("POST", sync)).json.count === FLUX_OBJECTS.length,
      );
      const answer = await rest.call("GET", path);
      expect([answer.status, answer.json.count]).toEqual([200, answer.json.tree.length]);
      expect(Object.keys(answer.json)).toEqual(["tree", "count"]);
      roots = answer.json.tree;
    }, 180_000);

    test("§2.3 every node has the fields of a ResourceNode", () => {
      const check = ({ children, metadata, created_at, ...node }: Node) => {
        expectShape(node, NODE);
        expect(created_at).toMatch(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/);
        expect(Object.keys(metadata).length).toBeGreaterThan(0);
        expect(children).not.toEqual([]);
        for (const child of children ?? []) check(child);
      };
      for (const node of roots) check(node);
    });

    test("§5.4 has all Flux objects as roots, in the order of their kinds", () => {
      expect(roots.map(({ id }) => id)).toEqual([
        "flux-system/Kustomization/app",
        "flux-system/Kustomization/frozen",
        "flux-system/Kustomization/nested",
        "flux-system/Kustomization/new",
        "flux-system/HelmRelease/hello",
        "flux-system/GitRepository/app",
        "flux-system/HelmRepository/local",
        "flux-system/Bucket/bucket",
        "flux-system/OCIRepository/oci",
      ]);
    });

    test("§5.4 hangs objects below inventories and owners, down to the Pods", () => {
      const ids = ({ id, children = [] }: Node): unknown => (children.length === 0 ? id : [id, ...children.map(ids)]);
      expect(ids(root("Kustomization", "app"))).toEqual([
        "flux-system/Kustomization/app",
        "default/ConfigMap/web-config",
        ["default/Deployment/web", ["default/ReplicaSet/web-1", "default/Pod/web-1-a", "default/Pod/web-1-b"]],
      ]);
    });

    test("§5.5 says how each is, a Pod that crashes included (§14 Q25)", () => {
      const words = ({ kind, name, status, health, children = [] }: Node): string[] => [
        `${kind}/${name}: ${status}, ${health}`,
        ...children.flatMap(words),
      ];
      expect(words(root("Kustomization", "app"))).toEqual([
        "Kustomization/app: True, Healthy",
        "ConfigMap/web-config: Available, Healthy",
        "Deployment/web: Progressing, Progressing",
        "ReplicaSet/web-1: Unknown, Progressing",
        "Pod/web-1-a: Running, Healthy",
        "Pod/web-1-b: Running, Degraded",
      ]);
      expect(roots.map(({ name, status, health }) => [name, status, health])).toContainEqual([
        "frozen",
        "Unknown",
        "Unknown",
      ]);
      expect(root("Kustomization", "nested")).toMatchObject({ status: "False", health: "Degraded" });
    });

    test("§5.4 names what is not there as a stub, and §5.3 reads ids from the right (§14 Q23)", () => {
      expect(root("Kustomization", "nested").children).toEqual([
        {
          id: "/ClusterRole/system:web:reader",
          kind: "ClusterRole",
          name: "system:web:reader",
          namespace: "",
          status: "Unknown",
          health: "Unknown",
          created_at: "",
          metadata: { reason: "not-found", source: "flux-inventory", version: "v1" },
        },
        expect.objectContaining({
          id: "flux-system/Kustomization/child",
          metadata: expect.objectContaining({ version: "v1" }),
        }),
      ] as never);
    });

    test("§5.5 node metadata is the API version, and labels and annotations where there are any", () => {
      const [map] = root("Kustomization", "app").children!;
      expect(map?.metadata).toEqual({
        annotations: { "kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z" },
        apiVersion: "v1",
        labels: { "kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
      });
      expect(root("Bucket", "bucket").metadata).toEqual({ apiVersion: "source.toolkit.fluxcd.io/v1" });
    });

    test("§14 Q25 is the same at every call", async () => {
      const texts = await Promise.all([1, 2, 3].map(async () => (await rest.call("GET", path)).text));
      expect(new Set(texts).size).toBe(1);
    });
  });

  describe("§3.5 29, the diff", () => {
    const diff = (object: string) => rest.call("GET", path.replace("/resources/tree", `/resources/${object}/diff`));
    const applied = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "by-hand", namespace: "default" },
      data: { mode: "plain" },
    };

    test("§14 Q22 has the keys of the original, of every kind, and never takes what lives for what is wanted", async () => {
      const { status, json } = await diff("Kustomization/flux-system/app");
      expect(status).toBe(200);
      expect(Object.keys(json)).toEqual(["actual", "status", "differences", "objects", "not_available"]);
      expect(json.actual).toMatchObject({ kind: "Kustomization", metadata: { name: "app" } });
      expect(json.status).toEqual(json.actual.status);
      expect([typeof json.not_available, json.differences]).toEqual(["string", []]);
      expect(Object.keys((await diff("ServiceAccount/default/default")).json)).toEqual([
        "actual",
        "differences",
        "not_available",
      ]);
    });

    test("§14 Q22 compares with what was applied last, where that is known", async () => {
      const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(applied) };
      await createObject(apiserver, {
        ...applied,
        metadata: { ...applied.metadata, annotations },
        data: { mode: "bold" },
      });
      const { json } = await diff("ConfigMap/default/by-hand");
      expect(Object.keys(json)).toEqual(["actual", "desired", "differences"]);
      expect([json.desired.data, json.actual.data]).toEqual([{ mode: "plain" }, { mode: "bold" }]);
      expect(json.differences).toMatchObject([
        { path: "data.mode", difference: "changed", desired: "plain", actual: "bold" },
      ]);
    });

    test("§14 Q7, Q8 masks what is secret, and refuses what is not there", async () => {
      const release = await diff("HelmRelease/flux-system/hello");
      expect([release.status, release.text.includes("hunter2")]).toEqual([200, false]);
      for (const [object, status, code] of [
        ["Deployment/default/nope", 404, "OBJECT_NOT_FOUND"],
        ["Nope/default/web", 400, "KIND_NOT_SUPPORTED"],
      ] as const) {
        const answer = await diff(object);
        expect([answer.status, answer.json.code]).toEqual([status, code]);
        expectShape(answer.json, FAILURE);
      }
    });
  });

  test("§14 Q8 of no cluster is 404, and of one where nothing may be listed 403", async () => {
    for (const [at, status, code] of [
      ["/api/v1/clusters/nope/resources/tree", 404, "CLUSTER_NOT_FOUND"],
      [powerless, 403, "CLUSTER_FORBIDDEN"],
    ] as const) {
      const { status: got, json } = await rest.call("GET", at);
      expect([got, json.code]).toEqual([status, code]);
      expectShape(json, FAILURE);
    }
    expect(rest.errors).toEqual([]);
  });

  const ownedBy = (owner: KubeObject, object: KubeObject): KubeObject => {
    const { apiVersion, kind, metadata } = owner;
    const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
    return { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } };
  };
});
