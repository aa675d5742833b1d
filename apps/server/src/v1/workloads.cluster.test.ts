import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  getObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  requirement,
  startKubeApiserver,
} from "@flux-orchestrator/testing";
import { FLUX_OBJECTS, WORKLOADS } from "./test-cluster.ts";
import { useRest } from "./test-rest.ts";
import { ACTIVITY, expectShape, FAILURE, MESSAGE, type Shape } from "./test-shapes.ts";

const WARNED: Shape = { message: "s", warning: "s" };
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

describe.skipIf(!(await requirement("kube-apiserver")))("workloads over REST v1", () => {
  const rest = useRest();
  let apiserver: KubeApiserver;
  let cluster = "";
  /** The same API server, as somebody who may only look around. */
  let powerless = "";
  beforeAll(async () => {
    apiserver = await startKubeApiserver({ tokens: [{ token: "powerless", user: "powerless" }] });
    await installFluxCrds(apiserver);
    await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
    for (const object of [...FLUX_OBJECTS, ...WORKLOADS]) await createObject(apiserver, object);
    const register = async (name: string, kubeconfig: string) =>
      `/api/v1/clusters/${(await rest.call("POST", "/api/v1/clusters", { name, kubeconfig })).json.id}`;
    cluster = await register("prod", apiserver.kubeconfig());
    powerless = await register("weak", apiserver.kubeconfig({ user: { token: "powerless" } }));
    await rest.call("POST", `${cluster}/sync`);
  }, 180_000);
  afterAll(() => apiserver?.stop(), 180_000);

  const named = (name: string): KubeObject => ({
    ...(WORKLOADS[0] as KubeObject),
    metadata: { name, namespace: "default" },
  });
  const failure = async (method: string, path: string, body?: unknown) => {
    const { status, json } = await rest.call(method, path, body);
    expectShape(json, FAILURE);
    return [status, json.code];
  };
  const latestActivity = async () => {
    const [activity] = (await rest.call("GET", "/api/v1/activities?limit=1")).json;
    expectShape(activity, ACTIVITY);
    return activity;
  };

  describe("scale (§3.3 21)", () => {
    const path = (name: string, kind = "Deployment") => `${cluster}/resources/${kind}/default/${name}/scale`;

    test("sets the replicas, answers a message and stands among the activities", async () => {
      const object = await createObject(apiserver, named("scaled"));
      const { status, json } = await rest.call("POST", path("scaled"), { Replicas: 4 });
      expect(status).toBe(200);
      expectShape(json, MESSAGE);
      expect((await getObject(apiserver, object)).spec.replicas).toBe(4);
      expect(await latestActivity()).toMatchObject({
        action: "scale",
        resource_type: "Deployment",
        resource_id: "default/scaled",
        cluster_name: "prod",
        status: "success",
      });
    });

    test("warns when Flux applies the object", async () => {
      const metadata = {
        name: "applied",
        namespace: "default",
        labels: { "helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps" },
      };
      await createObject(apiserver, { ...named("applied"), metadata });
      const { json } = await rest.call("POST", path("applied"), { replicas: 1 });
      expectShape(json, WARNED);
      expect(json.warning).toContain("HelmRelease apps/web");
    });

    test("an autoscaler's workload is scaled by force only", async () => {
      await createObject(apiserver, named("auto"));
      const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "auto" };
      await createObject(apiserver, {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "auto", namespace: "default" },
        spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3 },
      });
      expect(await failure("POST", path("auto"), { replicas: 1 })).toEqual([409, "HPA_OWNS"]);
      expect((await rest.call("POST", path("auto"), { replicas: 1, force: true })).status).toBe(200);
      expect(await failure("POST", path("auto"), { replicas: 1, force: "yes" })).toEqual([400, "INPUT_INVALID"]);
    });

    test.each([
      ["nothing (Q18)", {}],
      ["null", { replicas: null }],
      ["below none", { replicas: -1 }],
      ["a fraction", { replicas: 1.5 }],
      ["text", { replicas: "3" }],
      ["more than 32 bits", { replicas: 2 ** 31 }],
    ])("%s is no number of replicas", async (_, body) => {
      await createObject(apiserver, named("kept")).catch(() => undefined);
      expect(await failure("POST", path("kept"), body)).toEqual([400, "REPLICAS"]);
      expect((await getObject(apiserver, named("kept"))).spec.replicas).toBe(2);
    });

    test.each([
      ["no body", undefined, "BODY_SYNTAX"],
      ["no JSON", "replicas=1", "BODY_SYNTAX"],
      ["a list", [1], "BODY_SYNTAX"],
    ])("%s is no body", async (_, body, code) => {
      expect(await failure("POST", path("web"), body)).toEqual([400, code]);
    });

    test("of what has none is refused (Q18), of what is unknown too (Q8)", async () => {
      expect(await failure("POST", path("web-config", "ConfigMap"), { replicas: 1 })).toEqual([400, "NOT_SCALABLE"]);
      expect(await failure("POST", path("web", "Nonsense"), { replicas: 1 })).toEqual([400, "KIND_NOT_SUPPORTED"]);
      expect(await failure("POST", path("absent"), { replicas: 1 })).toEqual([404, "OBJECT_NOT_FOUND"]);
    });

    test("without the right on the cluster the text says forbidden (Q7)", async () => {
      const { status, json } = await rest.call("POST", `${powerless}/resources/Deployment/default/web/scale`, {
        replicas: 1,
      });
      expect([status, json.code]).toEqual([403, "CLUSTER_FORBIDDEN"]);
      expect(json.error.toLowerCase()).toContain("forbidden");
    });
  });

  describe("restart (§3.3 22; Q2)", () => {
    const path = (name: string, kind = "Deployment") => `${cluster}/resources/${kind}/default/${name}/restart`;

    test("annotates the pod template, so that pods are replaced, and stands among the activities", async () => {
      const object = await createObject(apiserver, named("restarted"));
      const { status, json } = await rest.call("POST", path("restarted"));
      expect(status).toBe(200);
      expectShape(json, MESSAGE);
      const live = await getObject(apiserver, object);
      expect(live.spec.template.metadata.annotations).toHaveProperty([RESTARTED_AT]);
      expect(live.metadata.generation).toBe(2);
      expect(await latestActivity()).toMatchObject({ action: "restart", resource_id: "default/restarted" });
    });

    test("is refused for what has no pod template", async () => {
      expect(await failure("POST", path("web-config", "ConfigMap"))).toEqual([400, "KIND_NOT_SUPPORTED"]);
      expect(await failure("POST", path("absent"))).toEqual([404, "OBJECT_NOT_FOUND"]);
    });
  });

  describe.each([
    [
      "flux PUT (§3.2 16)",
      "Kustomization",
      (name: string) => `flux/Kustomization/flux-system/${name}`,
      { interval: "3m", path: "./other" },
    ],
    [
      "spec (§3.3 23)",
      "Deployment",
      (name: string) => `resources/Deployment/default/${name}/spec`,
      { replicas: 3, minReadySeconds: 2 },
    ],
  ] as const)("%s", (_, kind, at, spec) => {
    const make = (name: string): Promise<KubeObject> => {
      const like = [...FLUX_OBJECTS, ...WORKLOADS].find((one) => one.kind === kind)!;
      const { status: __, ...object } = like as KubeObject;
      return createObject(apiserver, { ...object, metadata: { ...object.metadata, name } });
    };
    const path = (name: string) => `${cluster}/${at(name)}`;

    test("replaces first-level keys, keeps the others and stands among the activities (Q17)", async () => {
      const object = await make("edited");
      const { status, json } = await rest.call("PUT", path("edited"), { spec, status: { ignored: true } });
      expect(status).toBe(200);
      expectShape(json, MESSAGE);
      expect((await getObject(apiserver, object)).spec).toEqual({ ...object.spec, ...spec });
      expect(await latestActivity()).toMatchObject({ action: "update", resource_type: kind, status: "success" });
    });

    test("at an old version is a conflict", async () => {
      const object = await make("versioned");
      const { resourceVersion } = object.metadata;
      expect((await rest.call("PUT", path("versioned"), { spec, resourceVersion })).status).toBe(200);
      expect(await failure("PUT", path("versioned"), { spec: {}, resourceVersion })).toEqual([409, "CONFLICT"]);
    });

    test.each([
      ["no spec (Q32)", {}],
      ["null", { spec: null }],
      ["a list", { spec: [] }],
      ["text", { spec: "x" }],
    ])("%s is no spec", async (_name, body) => {
      expect(await failure("PUT", path("web"), body)).toEqual([400, "INPUT_INVALID"]);
    });

    test("what the cluster refuses is 422 without its words (Q7), what is not there 404", async () => {
      await make("refused");
      const { status, json } = await rest.call("PUT", path("refused"), { spec: { nonsense: "q7mark5z" } });
      expect([status, json.code]).toEqual([422, "CLUSTER_REJECTED"]);
      expect(json.error).toContain("spec.nonsense");
      expect(json.error).not.toContain("q7mark5z");
      expect(await failure("PUT", path("absent"), { spec })).toEqual([404, "OBJECT_NOT_FOUND"]);
    });
  });

  describe("manifest (§3.5 28; Q22)", () => {
    const manifest = (kind: string, namespace: string, name: string) =>
      rest.call("GET", `${cluster}/resources/${kind}/${namespace}/${name}/manifest`);

    test("is the live object of any kind, without an envelope and without managedFields", async () => {
      for (const [kind, namespace, name] of [
        ["Kustomization", "flux-system", "app"],
        ["Deployment", "default", "web"],
        ["ConfigMap", "default", "web-config"],
        ["Namespace", "-", "flux-system"],
        ["ClusterRole", "-", "system:node"],
      ] as const) {
        const { status, json } = await manifest(kind, namespace, name);
        expect([kind, status, json.kind, json.metadata.name]).toEqual([kind, 200, kind, name]);
        expect(json.metadata.managedFields).toBeUndefined();
        expect(Object.keys(json)).not.toContain("flux-orchestrator/masked");
      }
    });

    test("has no secret in it (Q38)", async () => {
      const secret = await manifest("Secret", "default", "web-secret");
      expect(secret.json).toMatchObject({
        data: { password: "⟦masked⟧" },
        metadata: { annotations: { note: "seen" } },
      });
      const release = await manifest("HelmRelease", "flux-system", "hello");
      for (const { text } of [secret, release]) {
        expect(text).not.toContain("hunter2");
        expect(text).not.toContain(btoa("hunter2-of-the-secret"));
      }
    });

    test("says what cannot be read", async () => {
      const path = (at: string) => `${cluster}/resources/${at}/manifest`;
      expect(await failure("GET", path("deployment/default/web"))).toEqual([400, "KIND_NOT_SUPPORTED"]);
      expect(await failure("GET", path("Nonsense/default/web"))).toEqual([400, "KIND_NOT_SUPPORTED"]);
      expect(await failure("GET", path("TokenReview/-/x"))).toEqual([400, "KIND_NOT_SUPPORTED"]);
      expect(await failure("GET", `${path("Deployment/default/web")}?group=batch`)).toEqual([
        400,
        "KIND_NOT_SUPPORTED",
      ]);
      expect(await failure("GET", path("Namespace/default/default"))).toEqual([400, "NAME"]);
      expect(await failure("GET", path("Deployment/default/A"))).toEqual([400, "NAME"]);
      expect(await failure("GET", path("Deployment/default/absent"))).toEqual([404, "OBJECT_NOT_FOUND"]);
      const forbidden = path("Deployment/default/web").replace(cluster, powerless);
      expect(await failure("GET", forbidden)).toEqual([403, "CLUSTER_FORBIDDEN"]);
    });
  });

  describe("pods (§3.4)", () => {
    const pod = (name: string) => `${cluster}/pods/default/${name}`;

    test("§3.4 25 containers are those that stay, then those that begin", async () => {
      const { status, json } = await rest.call("GET", `${pod("web-8546bbbb4-4zjgm")}/containers`);
      expect([status, json]).toEqual([200, { containers: ["web", "prepare"] }]);
      expect(await failure("GET", `${pod("absent")}/containers`)).toEqual([404, "OBJECT_NOT_FOUND"]);
      expect(await failure("GET", `${pod("UPPER")}/containers`)).toEqual([400, "NAME"]);
    });

    test("§3.4 26 are deleted, which stands among the activities", async () => {
      const like = WORKLOADS.find(({ kind }) => kind === "Pod") as KubeObject;
      const { nodeName: _, ...spec } = like.spec;
      await createObject(apiserver, { ...like, metadata: { name: "doomed", namespace: "default" }, spec });
      const { status, json } = await rest.call("DELETE", pod("doomed"));
      expect(status).toBe(200);
      expectShape(json, MESSAGE);
      expect(await failure("GET", `${pod("doomed")}/containers`)).toEqual([404, "OBJECT_NOT_FOUND"]);
      expect(await latestActivity()).toMatchObject({
        action: "delete",
        resource_type: "Pod",
        resource_id: "default/doomed",
        status: "success",
      });
      expect(await failure("DELETE", pod("doomed"))).toEqual([404, "OBJECT_NOT_FOUND"]);
      expect(await failure("DELETE", pod("doomed").replace(cluster, powerless))).toEqual([403, "CLUSTER_FORBIDDEN"]);
    });
  });

  test("the edit dialog gets to see masks, and what it sends back never becomes one (§12, Q32)", async () => {
    const release = FLUX_OBJECTS.find(({ kind }) => kind === "HelmRelease") as KubeObject;
    const path = `${cluster}/flux/HelmRelease/flux-system/hello`;
    const { spec } = JSON.parse((await rest.call("GET", path)).json.metadata);
    expect(JSON.stringify(spec)).not.toContain("hunter2");
    const chart = { spec: { chart: "other", sourceRef: { kind: "HelmRepository", name: "local" } } };
    const body = { spec: { interval: "3m", chart, values: { ...spec.values, more: "x" } } };
    expect((await rest.call("PUT", path, body)).status).toBe(200);
    expect((await getObject(apiserver, release)).spec).toEqual({
      interval: "3m",
      chart: expect.objectContaining({ spec: expect.objectContaining({ chart: "other" }) }),
      values: { password: "hunter2-of-the-values", more: "x" },
    });
    const stored = (
      await rest.call("GET", `${cluster.replace("/clusters/", "/resources/")}/HelmRelease/flux-system/hello`)
    ).json;
    expect(JSON.parse(stored.metadata).spec.interval).toBe("3m");
    expect(await failure("PUT", path, { spec: { values: { token: spec.values.password } } })).toEqual([
      400,
      "MASKED_VALUE",
    ]);
  });

  test("nothing here was an unexpected failure", () => {
    expect(rest.errors).toEqual([]);
  });
});
