import { describe, expect, test } from "bun:test";
import { createObject, type KubeObject, patchObject, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { configMap, daemonSet, deployment, statefulSet } from "../../test/workloads.ts";
import { restartWorkload } from "./restart.ts";

const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

describe.skipIf(!(await requirement("kube-apiserver")))("restarting", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const restart = (object: KubeObject) => fixture.perform(restartWorkload, fixture.ref(object));
  const refusal = (object: KubeObject, actor?: string) => fixture.refusal(restartWorkload, fixture.ref(object), actor);
  const annotationOf = async (object: KubeObject) =>
    (await fixture.live(object)).spec.template.metadata.annotations?.[RESTARTED_AT];

  test("changes the pod template, so that the pods really are replaced, and is recorded", async () => {
    const namespace = await fixture.namespace();
    for (const make_ of [deployment, statefulSet, daemonSet]) {
      const object = await make(make_({ namespace, name: "web" }));
      const { restartedAt, onDelete, appliedBy } = await restart(object);
      expect([onDelete, appliedBy]).toEqual([false, null]);
      const live = await fixture.live(object);
      expect(live.spec.template.metadata.annotations).toEqual({ [RESTARTED_AT]: restartedAt });
      expect(live.metadata.annotations ?? {}).not.toHaveProperty(RESTARTED_AT);
      expect(live.metadata.generation).toBe(2);
      expect((await fixture.recorded()).at(-1)).toMatchObject({
        operation: "workload.restart",
        action: "restart",
        resourceType: object.kind,
        resourceId: `${namespace}/web`,
        outcome: "success",
      });
    }
  });

  test("twice is two roll-outs, and leaves the rest of the template alone", async () => {
    const object = deployment({ namespace: await fixture.namespace(), name: "web" });
    object.spec.template = {
      ...object.spec.template,
      metadata: { labels: { app: "web" }, annotations: { mine: "x" } },
    };
    await make(object);
    const first = await restart(object);
    // Two within one millisecond are one.
    while (Date.now() <= Date.parse(first.restartedAt));
    const second = await restart(object);
    const live = await fixture.live(object);
    expect(live.spec.template.metadata.annotations).toEqual({ mine: "x", [RESTARTED_AT]: second.restartedAt });
    expect(live.metadata.generation).toBe(3);
  });

  test("says when pods wait for somebody to delete them", async () => {
    const spec = { updateStrategy: { type: "OnDelete" } };
    const object = await make(daemonSet({ namespace: await fixture.namespace(), name: "web" }, spec));
    expect(await restart(object)).toMatchObject({ onDelete: true });
  });

  test("of a paused rollout is refused, because nothing would be replaced", async () => {
    const object = await make(deployment({ namespace: await fixture.namespace(), name: "web" }, { paused: true }));
    expect(await refusal(object)).toMatchObject({ code: "ROLLOUT_PAUSED", hint: expect.stringContaining("resume") });
    expect(await annotationOf(object)).toBeUndefined();
    await patchObject(fixture.apiserver, object, { spec: { paused: false } });
    expect(await annotationOf(object).then(() => restart(object))).toMatchObject({ onDelete: false });
  });

  test("of a kind without a pod template is refused", async () => {
    const namespace = await fixture.namespace();
    const object = await make(configMap({ namespace, name: "web" }));
    expect((await refusal(object)).code).toBe("KIND_NOT_SUPPORTED");
    expect(await fixture.live(object)).toEqual(object);
  });

  test("of what is not there, and without the permission, is refused and recorded", async () => {
    const namespace = await fixture.namespace();
    expect((await refusal(deployment({ namespace, name: "absent" }))).code).toBe("OBJECT_NOT_FOUND");
    fixture.rights.give("reader", allBut("resource.update"));
    const object = await make(deployment({ namespace, name: "web" }));
    expect((await refusal(object, "reader")).code).toBe("FORBIDDEN");
    expect((await fixture.recorded()).slice(-2)).toMatchObject([
      { action: "restart", outcome: "failed" },
      { actor: "reader", action: "restart", outcome: "failed" },
    ]);
    expect(await annotationOf(object)).toBeUndefined();
  });
});
