import { describe, expect, test } from "bun:test";
import { MASK } from "@flux-orchestrator/flux";
import { createObject, type KubeObject, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { deployment, pod, serviceAccount } from "../../test/workloads.ts";
import { listContainers } from "./containers.ts";
import { objectManifest } from "./manifest.ts";
import { removePod } from "./remove-pod.ts";

describe.skipIf(!(await requirement("kube-apiserver")))("pods and manifests", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const refOf = ({ metadata: { namespace = "", name } }: KubeObject) => ({ cluster: fixture.cluster, namespace, name });
  const makePod = async (spec: object = {}) => {
    const namespace = await fixture.namespace();
    await make(serviceAccount(namespace));
    return make(pod({ namespace, name: "web-0" }, spec));
  };

  test("the containers of a pod come by role, those that stay first", async () => {
    const image = "registry.example/web:1";
    const object = await makePod({ initContainers: [{ name: "prepare", image }] });
    expect(await fixture.perform(listContainers, refOf(object))).toEqual([
      { name: "web", role: "regular", image },
      { name: "prepare", role: "init", image },
    ]);
  });

  test("a deleted pod is gone, and who did it is recorded", async () => {
    const object = await makePod();
    expect(await fixture.perform(removePod, refOf(object))).toEqual({ removed: true });
    expect((await fixture.refusal(listContainers, refOf(object))).code).toBe("OBJECT_NOT_FOUND");
    expect((await fixture.refusal(removePod, refOf(object))).code).toBe("OBJECT_NOT_FOUND");
    expect((await fixture.recorded()).slice(-2)).toMatchObject([
      { action: "delete", resourceType: "Pod", outcome: "success" },
      { action: "delete", resourceType: "Pod", outcome: "failed" },
    ]);
  });

  test("deleting needs its own permission, reading that of reading", async () => {
    fixture.rights.give("editor", allBut("resource.delete"));
    fixture.rights.give("stranger", allBut("resource.read"));
    const object = await makePod();
    expect((await fixture.refusal(removePod, refOf(object), "editor")).code).toBe("FORBIDDEN");
    expect(await fixture.perform(listContainers, refOf(object), "editor")).toHaveLength(1);
    expect((await fixture.refusal(listContainers, refOf(object), "stranger")).code).toBe("FORBIDDEN");
    expect((await fixture.refusal(objectManifest, fixture.ref(object), "stranger")).code).toBe("FORBIDDEN");
  });

  test("an object without a namespace is read with the right to the whole cluster only", async () => {
    const namespace = await fixture.namespace();
    fixture.rights.give("local", {
      allows: (_, scope) => scope.namespace === namespace || scope.clusterId === undefined,
    });
    await make(deployment({ namespace, name: "web" }));
    const web = fixture.ref(deployment({ namespace, name: "web" }));
    expect(await fixture.perform(objectManifest, web, "local")).toMatchObject({ masked: 0 });
    const ref = { cluster: fixture.cluster, kind: "Namespace", namespace: "", name: namespace };
    expect((await fixture.refusal(objectManifest, ref, "local")).code).toBe("CLUSTER_NOT_FOUND");
  });

  test("a Secret is shown masked, and says how many values it has", async () => {
    const namespace = await fixture.namespace();
    const data = { token: btoa("hunter2-hunter2"), user: btoa("someone") };
    const secret = await make({ apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "s" }, data });
    const { object, masked } = await fixture.perform(objectManifest, fixture.ref(secret));
    expect(masked).toBe(2);
    expect(object).toMatchObject({ kind: "Secret", data: { token: MASK, user: MASK } });
  });

  test("a kind of several groups is Kubernetes' own unless its group is named", async () => {
    const namespace = await fixture.namespace();
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace, name: "e" },
      involvedObject: { kind: "Pod", namespace, name: "p" },
    };
    await make(event);
    const read = (group?: string) =>
      fixture.perform(objectManifest, { ...fixture.ref(event), ...(group === undefined ? {} : { group }) });
    expect((await read()).object).toMatchObject({ apiVersion: "v1" });
    expect((await read("events.k8s.io")).object).toMatchObject({ apiVersion: "events.k8s.io/v1" });
  });
});
