import { describe, expect, test } from "bun:test";
import { createObject, type KubeObject, patchObject, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { kustomization } from "../../test/manifests.ts";
import { allBut } from "../../test/rights.ts";
import { configMap, deployment } from "../../test/workloads.ts";
import { getStoredResource } from "../resource/get-stored.ts";
import { updateObject } from "./update.ts";

describe.skipIf(!(await requirement("kube-apiserver")))("editing the spec of any object", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const update = (object: KubeObject, spec: Record<string, unknown>) =>
    fixture.perform(updateObject, { ...fixture.ref(object), spec });
  const refusal = (object: KubeObject, input: object, actor?: string) =>
    fixture.refusal(updateObject, { ...fixture.ref(object), ...input }, actor);

  test("replaces keys as a whole, says which differ, and is recorded", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    const updated = await update(object, { replicas: 3, minReadySeconds: 5, selector: object.spec.selector });
    const live = await fixture.live(object);
    expect(updated).toEqual({
      resourceVersion: live.metadata.resourceVersion!,
      changed: ["replicas", "minReadySeconds"],
      appliedBy: null,
    });
    expect(live.spec).toEqual({ ...object.spec, replicas: 3, minReadySeconds: 5 });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      operation: "workload.update",
      action: "update",
      resourceType: "Deployment",
      message: "Changed spec.replicas, spec.minReadySeconds",
    });
  });

  test("of a Flux object is stored when the answer comes", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    await update(object, { path: "./other" });
    const stored = await fixture.perform(getStoredResource, fixture.ref(object));
    expect(JSON.parse(stored.document).spec.path).toBe("./other");
  });

  test("of an object without a namespace needs none", async () => {
    const name = await fixture.namespace();
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    expect(await update(object, { finalizers: ["kubernetes"] })).toMatchObject({ changed: [] });
  });

  test("with a version that is old is refused", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    await patchObject(fixture.apiserver, object, { metadata: { labels: { touched: "yes" } } });
    const { resourceVersion } = object.metadata;
    expect((await refusal(object, { spec: { replicas: 9 }, resourceVersion })).code).toBe("CONFLICT");
    expect((await fixture.live(object)).spec.replicas).toBe(2);
  });

  test("that the kind forbids says where", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    const told = await refusal(object, { spec: { selector: { matchLabels: { app: "other" } } } });
    expect(told).toMatchObject({ code: "CLUSTER_REJECTED" });
    expect(told.issues?.map(({ path }) => path)).toContain("spec.selector");
  });

  test("of a Secret or a ConfigMap is refused, whatever else it is", async () => {
    const namespace = await fixture.namespace();
    await make(configMap({ namespace, name: "web" }));
    for (const kind of ["Secret", "ConfigMap"])
      expect((await refusal(configMap({ namespace, name: "web" }), { kind, spec: {} })).code).toBe(
        "KIND_NOT_SUPPORTED",
      );
  });

  test("without the permission changes nothing", async () => {
    fixture.rights.give("reader", allBut("resource.update"));
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }));
    expect((await refusal(object, { spec: { replicas: 9 } }, "reader")).code).toBe("FORBIDDEN");
    expect(await fixture.live(object)).toEqual(object);
  });
});
