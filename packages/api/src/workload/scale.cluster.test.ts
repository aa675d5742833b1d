import { describe, expect, test } from "bun:test";
import {
  createObject,
  getObject,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  requirement,
  until,
} from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { autoscaler, configMap, daemonSet, deployment, statefulSet } from "../../test/workloads.ts";
import { registerCluster } from "../cluster/register.ts";
import { scaleWorkload } from "./scale.ts";

const FLUX_LABELS = {
  "kustomize.toolkit.fluxcd.io/name": "apps",
  "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
};

describe.skipIf(!(await requirement("kube-apiserver")))("scaling", () => {
  const fixture = useCluster({ tokens: [{ token: "only-scales", user: "only-scales" }] });
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const scale = (object: KubeObject, replicas: number, more: { force?: boolean } = {}) =>
    fixture.perform(scaleWorkload, { ...fixture.ref(object), replicas, ...more });
  const refusal = (object: KubeObject, input: object, actor?: string) =>
    fixture.refusal(scaleWorkload, { ...fixture.ref(object), ...input }, actor);

  test("sets the replicas through the scale subresource, under our own field manager, and is recorded", async () => {
    const namespace = await fixture.namespace();
    for (const object of [deployment({ namespace, name: "web" }), statefulSet({ namespace, name: "web" })]) {
      await make(object);
      expect(await scale(object, 5)).toEqual({ replicas: 5, before: 2, appliedBy: null });
      const live = await fixture.live(object);
      expect(live.spec.replicas).toBe(5);
      const { managedFields = [] } = live.metadata as { managedFields?: { manager: string; subresource?: string }[] };
      expect(managedFields).toContainEqual(
        expect.objectContaining({ manager: "flux-orchestrator", subresource: "scale" }),
      );
      expect((await fixture.recorded()).at(-1)).toMatchObject({
        operation: "workload.scale",
        action: "scale",
        resourceType: object.kind,
        resourceId: `${namespace}/web`,
        outcome: "success",
        message: "Scaled from 2 to 5",
      });
    }
  });

  test("to none is possible", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    expect(await scale(object, 0)).toMatchObject({ replicas: 0, before: 2 });
    expect((await fixture.live(object)).spec.replicas).toBe(0);
  });

  test("works for a custom kind that has a scale subresource", async () => {
    const namespace = await fixture.namespace();
    await kubeRequest(fixture.apiserver, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", SCALABLE);
    const widget = {
      apiVersion: "shop.example/v1",
      kind: "Widget",
      metadata: { namespace, name: "w" },
      spec: { replicas: 1 },
    };
    await until("Widgets are served", () => make(widget).then(Boolean, () => false));
    expect(await scale(widget, 3)).toEqual({ replicas: 3, before: 1, appliedBy: null });
    expect((await getObject(fixture.apiserver, widget)).spec.replicas).toBe(3);
  });

  test("says who may put it back", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web", labels: FLUX_LABELS }));
    const appliedBy = { kind: "Kustomization", namespace: "flux-system", name: "apps" };
    expect(await scale(object, 1)).toMatchObject({ appliedBy } as object);
    expect((await fixture.recorded()).at(-1)?.message).toBe(
      "Scaled from 2 to 1; Kustomization flux-system/apps applies this object and may put it back",
    );
  });

  test("is left to the autoscaler of a workload unless forced", async () => {
    const namespace = await fixture.namespace();
    const object = await make(deployment({ namespace, name: "web" }));
    await make(autoscaler({ namespace, name: "web" }, "StatefulSet"));
    expect(await scale(object, 3)).toMatchObject({ replicas: 3 });
    const owner = autoscaler({ namespace, name: "owner" });
    owner.spec.scaleTargetRef.name = "web";
    await make(owner);
    const told = await refusal(object, { replicas: 4 });
    expect(told).toMatchObject({ code: "HPA_OWNS" });
    expect(told.message).toContain("owner");
    expect((await fixture.live(object)).spec.replicas).toBe(3);
    expect(await scale(object, 4, { force: true })).toMatchObject({ replicas: 4 });
  });

  test("needs no right to read autoscalers", async () => {
    const namespace = await fixture.namespace();
    const object = await make(deployment({ namespace, name: "web" }));
    await make(autoscaler({ namespace, name: "web" }));
    await allowScaling(fixture.apiserver, namespace, "only-scales");
    const kubeconfig = fixture.apiserver.kubeconfig({ user: { token: "only-scales" } });
    const { id } = await fixture.perform(registerCluster, { name: `scaler-${namespace}`, kubeconfig });
    const ref = { ...fixture.ref(object), cluster: id, replicas: 1 };
    expect(await fixture.perform(scaleWorkload, ref)).toMatchObject({ replicas: 1 });
  });

  test.each([
    ["a number below none", { replicas: -1 }, "REPLICAS"],
    ["a fraction", { replicas: 1.5 }, "REPLICAS"],
    ["a million", { replicas: 1e6 }, "REPLICAS"],
    ["text", { replicas: "3" }, "REPLICAS"],
    ["null", { replicas: null }, "REPLICAS"],
    ["more than a number holds", { replicas: 2 ** 53 }, "REPLICAS"],
    ["no number", {}, "REPLICAS"],
    ["a kind in lower case", { replicas: 1, kind: "deployment" }, "KIND_NOT_SUPPORTED"],
    ["every kind", { replicas: 1, kind: "*" }, "KIND_NOT_SUPPORTED"],
    ["a kind of JavaScript", { replicas: 1, kind: "__proto__" }, "KIND_NOT_SUPPORTED"],
    ["a kind that is not there", { replicas: 1, kind: "Nonsense" }, "KIND_NOT_SUPPORTED"],
    ["a group that is not there", { replicas: 1, group: "shop.elsewhere" }, "KIND_NOT_SUPPORTED"],
    ["a group that leaves its path", { replicas: 1, group: "../apps" }, "KIND_NOT_SUPPORTED"],
    ["a name that leaves its path", { replicas: 1, name: "../x" }, "NAME"],
    ["an encoded name", { replicas: 1, name: "a%2Fb" }, "NAME"],
    ["a name in upper case", { replicas: 1, name: "A" }, "NAME"],
    ["a name of 254 characters", { replicas: 1, name: "a".repeat(254) }, "NAME"],
    ["a name with a dot at its end", { replicas: 1, name: "a." }, "NAME"],
    ["a name with NUL", { replicas: 1, name: "a\0b" }, "NAME"],
    ["no name", { replicas: 1, name: "" }, "NAME"],
    ["a namespace that leaves its path", { replicas: 1, namespace: "../x" }, "NAME"],
    ["no namespace for a kind that has one", { replicas: 1, namespace: "" }, "NAME"],
    ["a namespace for a kind that has none", { replicas: 1, kind: "Namespace" }, "NAME"],
    ["a field nobody knows", { replicas: 1, more: true }, "INPUT_INVALID"],
  ])("%s is refused", async (_, input, code) => {
    const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "default", name: "web" } };
    expect((await refusal(object, input)).code).toBe(code);
  });

  test("what cannot be scaled says so, and stays as it is", async () => {
    const namespace = await fixture.namespace();
    for (const object of [daemonSet({ namespace, name: "web" }), configMap({ namespace, name: "web" })]) {
      const before = await make(object);
      expect((await refusal(object, { replicas: 1 })).code).toBe("NOT_SCALABLE");
      expect(await fixture.live(object)).toEqual(before);
    }
  });

  test("an object that is not there is not found, and the attempt is recorded", async () => {
    const absent = deployment({ namespace: await fixture.namespace(), name: "absent" });
    expect((await refusal(absent, { replicas: 1 })).code).toBe("OBJECT_NOT_FOUND");
    expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "scale", outcome: "failed" });
  });

  test("an actor without the permission changes nothing", async () => {
    fixture.rights.give("reader", allBut("resource.update"));
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    expect((await refusal(object, { replicas: 1 }, "reader")).code).toBe("FORBIDDEN");
    expect((await fixture.live(object)).spec.replicas).toBe(2);
  });
});

const SCALABLE = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.shop.example" },
  spec: {
    group: "shop.example",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { replicas: { type: "integer" } } },
              status: { type: "object", properties: { replicas: { type: "integer" } } },
            },
          },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
      },
    ],
  },
};

/** Reading and scaling Deployments in one namespace, and nothing else. */
async function allowScaling(apiserver: KubeApiserver, namespace: string, user: string): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  const path = `/apis/${apiGroup}/v1/namespaces/${namespace}`;
  await kubeRequest(apiserver, "POST", `${path}/roles`, {
    metadata: { name: "scaler" },
    rules: [
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
      { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"] },
    ],
  });
  await kubeRequest(apiserver, "POST", `${path}/rolebindings`, {
    metadata: { name: "scaler" },
    roleRef: { apiGroup, kind: "Role", name: "scaler" },
    subjects: [{ apiGroup, kind: "User", name: user }],
  });
}
