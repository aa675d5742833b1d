import { describe, expect, test } from "bun:test";
import { MASK } from "@flux-orchestrator/flux";
import { createObject, type KubeObject, patchObject, patchStatus, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { gitRepository, helmRelease, kustomization } from "../../test/manifests.ts";
import { allBut } from "../../test/rights.ts";
import { getLiveResource } from "./get-live.ts";
import { updateResource } from "./update.ts";

const FLUX_LABELS = {
  "kustomize.toolkit.fluxcd.io/name": "all",
  "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
};
const values = { password: "hunter2-hunter2", replicas: 3, nothing: null, hosts: ["a.example", "b.example"] };

describe.skipIf(!(await requirement("kube-apiserver")))("editing the spec of a Flux object", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const update = (object: KubeObject, spec: object, resourceVersion?: string, actor?: string) =>
    fixture.perform(
      updateResource,
      { ...fixture.ref(object), spec: { ...spec }, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      actor,
    );
  const refusal = (object: KubeObject, input: object, actor?: string) =>
    fixture.refusal(updateResource, { ...fixture.ref(object), ...input }, actor);
  /** The spec as the dialog of REST v1 gets it to see. */
  const shown = async (object: KubeObject) =>
    JSON.parse((await fixture.perform(getLiveResource, fixture.ref(object))).document).spec;

  test("replaces each key as a whole, keeps the others, answers with the row of what is there then, and is recorded", async () => {
    const object = await make(
      gitRepository({ namespace: await fixture.namespace(), name: "fleet" }, { ref: { branch: "main", tag: "v1" } }),
    );
    const row = await update(object, { interval: "5m", ref: { tag: "v2" } });
    expect(row).toMatchObject({ kind: "GitRepository", name: "fleet" });
    const live = await fixture.live(object);
    expect(live.spec).toEqual({ ...object.spec, interval: "5m", ref: { tag: "v2" } });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      operation: "resource.update",
      action: "update",
      resourceType: "GitRepository",
      outcome: "success",
      message: "Changed spec.interval, spec.ref",
    });
    const managers = (live.metadata as { managedFields?: { manager: string }[] }).managedFields ?? [];
    expect(managers.map(({ manager }) => manager)).toContain("flux-orchestrator");
  });

  test("takes a key away that is null, and keeps a null within a value", async () => {
    const object = await make(
      helmRelease({ namespace: await fixture.namespace(), name: "app" }, { timeout: "1m", values: { a: 1 } }),
    );
    await update(object, { timeout: null, retryInterval: null, values: { a: null, b: [null] } });
    const live = await fixture.live(object);
    expect(live.spec).not.toHaveProperty("timeout");
    expect(live.spec.values).toEqual({ a: null, b: [null] });
  });

  test("sent back as it was shown changes nothing, not even the version", async () => {
    const object = await make(helmRelease({ namespace: await fixture.namespace(), name: "app" }, { values }));
    const seen = await shown(object);
    expect(JSON.stringify(seen)).not.toContain("hunter2");
    await update(object, seen);
    expect(await fixture.live(object)).toEqual(object);
    expect((await fixture.recorded()).at(-1)).toMatchObject({ outcome: "success", message: "Nothing differed" });
  });

  test("never writes a mask: what is still masked keeps its live value", async () => {
    const object = await make(helmRelease({ namespace: await fixture.namespace(), name: "app" }, { values }));
    const seen = await shown(object);
    await update(object, { interval: "7m", values: { ...seen.values, replicas: 5, more: "new" } });
    expect((await fixture.live(object)).spec.values).toEqual({ ...values, replicas: 5, more: "new" });
  });

  test("with a mask where nothing is to be kept is refused whole, and names the place", async () => {
    const object = await make(helmRelease({ namespace: await fixture.namespace(), name: "app" }, { values }));
    const told = await refusal(object, { spec: { interval: "7m", values: { token: MASK, hosts: [MASK] } } });
    expect(told).toMatchObject({
      code: "MASKED_VALUE",
      issues: [
        { path: "spec.values.token", message: "is masked" },
        { path: "spec.values.hosts.0", message: "is masked" },
      ],
    });
    expect(await fixture.live(object)).toEqual(object);
  });

  test("at the version it was seen at goes through; once somebody else has changed it, it does not", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const { resourceVersion } = object.metadata;
    await update(object, { path: "./mine" }, resourceVersion);
    const told = await refusal(object, { spec: { path: "./late" }, resourceVersion });
    const live = await fixture.live(object);
    expect(told.code).toBe("CONFLICT");
    expect(told.message).toContain(live.metadata.resourceVersion!);
    expect(live.spec.path).toBe("./mine");
  });

  test("without a version loses to nobody, however often the object changes meanwhile", async () => {
    const object = await make(helmRelease({ namespace: await fixture.namespace(), name: "app" }, { values }));
    const seen = await shown(object);
    const edits = Array.from({ length: 3 }, (_, index) =>
      update(object, { values: { ...seen.values, [`k${index}`]: 1 } }),
    );
    const others = Array.from({ length: 3 }, (_, index) =>
      patchObject(fixture.apiserver, object, { metadata: { labels: { touched: String(index) } } }),
    );
    await Promise.all([...edits, ...others]);
    const live = await fixture.live(object);
    expect(live.spec.values).toMatchObject(values);
    expect(live.metadata.labels).toHaveProperty("touched");
  });

  test("shows the new row at once", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    await fixture.untilStored(object);
    await patchStatus(fixture.apiserver, object, {
      observedGeneration: 1,
      conditions: [
        { type: "Ready", status: "True", reason: "Ok", message: "", lastTransitionTime: "2026-01-02T03:04:05Z" },
      ],
    });
    await fixture.untilStored(object, "Ready");
    expect(await update(object, { path: "./other" })).toMatchObject({ word: "Progressing" });
  });

  test("says in the record who may put it back", async () => {
    const object = await make(
      kustomization({ namespace: await fixture.namespace(), name: "app", labels: FLUX_LABELS }),
    );
    await update(object, { path: "./other" });
    expect((await fixture.recorded()).at(-1)?.message).toContain("Kustomization flux-system/all applies this object");
  });

  test("that suspends or resumes needs that permission too", async () => {
    fixture.rights.give("editor", allBut("resource.suspend", "resource.resume"));
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    expect((await refusal(object, { spec: { suspend: true } }, "editor")).code).toBe("FORBIDDEN");
    await update(object, { suspend: false, path: "./x" }, undefined, "editor");
    await update(object, { suspend: true });
    for (const suspend of [false, null])
      expect((await refusal(object, { spec: { suspend } }, "editor")).code).toBe("FORBIDDEN");
    await update(object, { suspend: true, path: "./y" }, undefined, "editor");
    expect((await fixture.live(object)).spec).toMatchObject({ suspend: true, path: "./y" });
  });

  test.each([
    ["of a wrong type", { prune: "yes" }, { path: "spec.prune", message: "has the wrong type" }],
    ["that the kind does not know", { nonsense: 1 }, { path: "spec.nonsense", message: "is not known to this kind" }],
    ["of a form the kind refuses", { namePrefix: "" }, { path: "spec.namePrefix", message: "is not valid" }],
    [
      "of a choice it does not have",
      { sourceRef: { kind: "Nope", name: "x" } },
      { path: "spec.sourceRef.kind", message: "is none of the values it can have" },
    ],
    ["that must be there and is taken away", { interval: null }, { path: "spec.interval", message: "is required" }],
  ])("a value %s is refused by the cluster, which names the place and nothing else", async (_, spec, issue) => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const told = await refusal(object, { spec });
    expect(told).toMatchObject({ code: "CLUSTER_REJECTED" });
    expect(told.issues).toContainEqual(issue);
    expect(await fixture.live(object)).toEqual(object);
  });

  test.each([
    [{ interval: "0s" }, "DURATION", { path: "spec.interval", message: "must be longer than nothing" }],
    [{ timeout: "99999999h" }, "DURATION", { path: "spec.timeout", message: "is longer than a duration can be" }],
  ])("%j, which the cluster would take and its controller could not, is refused here", async (spec, code, issue) => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const told = await refusal(object, { spec });
    expect([told.code, told.issues]).toEqual([code, [issue]]);
    expect(await fixture.live(object)).toEqual(object);
  });

  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  test.each([
    ["no spec", {}, "INPUT_INVALID"],
    ["a spec that is a list", { spec: [] }, "INPUT_INVALID"],
    ["a spec that is text", { spec: "{}" }, "INPUT_INVALID"],
    ["null", { spec: null }, "INPUT_INVALID"],
    ["metadata beside the spec", { spec: {}, metadata: { name: "other" } }, "INPUT_INVALID"],
    ["status beside the spec", { spec: {}, status: {} }, "INPUT_INVALID"],
    ["33 levels", { spec: deep(33) }, "INPUT_INVALID"],
    [
      "10,001 keys",
      { spec: Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`k${n}`, 1])) },
      "INPUT_INVALID",
    ],
    ["a key of JavaScript", { spec: { constructor: {} } }, "INPUT_INVALID"],
    ["an empty version", { spec: {}, resourceVersion: "" }, "INPUT_INVALID"],
    ["a Secret", { spec: {}, kind: "Secret" }, "KIND_NOT_SUPPORTED"],
    ["a Deployment", { spec: {}, kind: "Deployment" }, "KIND_NOT_SUPPORTED"],
    ["a name that leaves its path", { spec: {}, name: "../x" }, "NAME"],
  ])("%s is refused before anything is asked of the cluster", async (_, input, code) => {
    const object = kustomization({ namespace: "default", name: "app" });
    expect((await refusal(object, input)).code).toBe(code);
  });

  test("what is not there is not found; without the permission nothing changes; both are recorded", async () => {
    const namespace = await fixture.namespace();
    expect((await refusal(kustomization({ namespace, name: "absent" }), { spec: {} })).code).toBe("OBJECT_NOT_FOUND");
    fixture.rights.give("reader", allBut("resource.update"));
    const object = await make(kustomization({ namespace, name: "app" }));
    expect((await refusal(object, { spec: { path: "./x" } }, "reader")).code).toBe("FORBIDDEN");
    expect(await fixture.live(object)).toEqual(object);
    expect((await fixture.recorded()).slice(-2)).toMatchObject([{ outcome: "failed" }, { outcome: "failed" }]);
  });
});
