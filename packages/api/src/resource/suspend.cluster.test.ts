import { describe, expect, test } from "bun:test";
import {
  applyObject,
  createObject,
  deleteObject,
  type KubeObject,
  kubeRequest,
  objectPath,
  patchObject,
  requirement,
} from "@flux-orchestrator/testing";
import { asController, useCluster } from "../../test/cluster-fixture.ts";
import { alert, gitRepository, helmRelease, helmRepository, kustomization } from "../../test/manifests.ts";
import { allBut } from "../../test/rights.ts";
import { getResource } from "./get.ts";
import { resumeResource } from "./resume.ts";
import { suspendResource } from "./suspend.ts";

const BY = "flux-orchestrator/suspended-by";
const WHY = "flux-orchestrator/suspend-reason";

describe.skipIf(!(await requirement("kube-apiserver")))("suspending", () => {
  const fixture = useCluster({ extraKinds: true });
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const suspend = (object: KubeObject, reason?: string, actor?: string) =>
    fixture.perform(suspendResource, { ...fixture.ref(object), ...(reason === undefined ? {} : { reason }) }, actor);
  const resume = (object: KubeObject, actor?: string) => fixture.perform(resumeResource, fixture.ref(object), actor);
  const managersOf = async (object: KubeObject) =>
    ((await fixture.live(object)).metadata as { managedFields?: { manager: string; fieldsV1: object }[] })
      .managedFields ?? [];
  const isServed = async (group: string) =>
    kubeRequest(fixture.apiserver, "GET", `/apis/${group}`).then(
      () => true,
      () => false,
    );

  test("sets spec.suspend under our own field manager, says who and why, and answers with the row as it is then", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const row = await suspend(object, "release freeze", "operator-a");
    expect(row).toMatchObject({ name: "app", word: "Suspended", suspended: true, suspendedBy: "operator-a" });
    const live = await fixture.live(object);
    expect(live.spec.suspend).toBe(true);
    expect(live.metadata.annotations).toEqual({ [BY]: "operator-a", [WHY]: "release freeze" });
    const [ours] = (await managersOf(object)).filter(({ manager }) => manager === "flux-orchestrator");
    expect(ours?.fieldsV1).toEqual({
      "f:metadata": { "f:annotations": { ".": {}, [`f:${BY}`]: {}, [`f:${WHY}`]: {} } },
      "f:spec": { "f:suspend": {} },
    });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      actor: "operator-a",
      action: "suspend",
      outcome: "success",
      message: "Suspended: release freeze",
    });
  });

  test("resuming takes suspend and annotations back, and leaves the annotations of others", async () => {
    const object = await make(
      kustomization({ namespace: await fixture.namespace(), name: "app", annotations: { mine: "stays" } }),
    );
    await suspend(object, "why");
    const row = await resume(object);
    expect(row).toMatchObject({ suspended: false, suspendedBy: null, word: "Progressing" });
    const live = await fixture.live(object);
    expect(live.spec.suspend).toBe(false);
    expect(live.metadata.annotations).toEqual({ mine: "stays" });
    expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "resume", message: "Resumed" });
  });

  test("suspending again changes nothing and keeps who was first; with a reason it is written anew", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    await suspend(object, "mine", "operator-a");
    const first = await fixture.live(object);
    expect(await suspend(object, undefined, "operator-b")).toMatchObject({
      suspended: true,
      suspendedBy: "operator-a",
    });
    expect(await fixture.live(object)).toEqual(first);
    expect((await fixture.recorded()).at(-1)).toMatchObject({ outcome: "success", message: "Was suspended already" });
    await suspend(object, "a better one", "operator-b");
    expect((await fixture.live(object)).metadata.annotations).toEqual({ [BY]: "operator-b", [WHY]: "a better one" });
  });

  test("resuming what is not suspended changes nothing, not even the generation", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    expect(await resume(object)).toMatchObject({ suspended: false });
    expect(await fixture.live(object)).toEqual(object);
    expect((await fixture.recorded()).at(-1)).toMatchObject({ outcome: "success", message: "Was not suspended" });
  });

  test("a suspended object keeps saying what it was", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    await asController(fixture.apiserver, object, { ready: "False", message: "build failed" });
    await fixture.untilStored(object, "Failed");
    expect(await suspend(object)).toMatchObject({ word: "Suspended", subState: "was Failed, by operator" });
  });

  test("every kind with spec.suspend can be suspended and resumed", async () => {
    const namespace = await fixture.namespace();
    for (const manifest of [gitRepository, helmRepository, helmRelease]) {
      const object = await make(manifest({ namespace, name: "thing" }));
      expect(await suspend(object)).toMatchObject({ kind: object.kind, suspended: true });
      expect((await fixture.live(object)).spec.suspend).toBe(true);
      expect(await resume(object)).toMatchObject({ suspended: false });
    }
  });

  test("kinds of the Flux Operator are suspended by their annotation", async () => {
    const served = await isServed("fluxcd.controlplane.io");
    const namespace = await fixture.namespace();
    const ref = { cluster: fixture.cluster, kind: "ResourceSet", namespace, name: "set" };
    if (!served) return expect(await fixture.refusal(suspendResource, ref)).toMatchObject({ code: "KIND_NOT_SERVED" });
    const object = await make({
      apiVersion: "fluxcd.controlplane.io/v1",
      kind: "ResourceSet",
      metadata: { namespace, name: "set" },
      spec: { resources: [] },
    });
    const DISABLED = "fluxcd.controlplane.io/reconcile";
    expect(await suspend(object, "why")).toMatchObject({ word: "Suspended", suspended: true });
    const suspended = await fixture.live(object);
    expect(suspended.metadata.annotations).toMatchObject({ [DISABLED]: "disabled", [BY]: "operator", [WHY]: "why" });
    expect(suspended.spec).toEqual(object.spec);
    expect(await resume(object)).toMatchObject({ suspended: false });
    expect((await fixture.live(object)).metadata.annotations).toEqual({ [DISABLED]: "enabled" });
  });

  test("what nothing reconciles cannot be suspended", async () => {
    const namespace = await fixture.namespace();
    const object = await make({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "ExternalArtifact",
      metadata: { namespace, name: "made" },
      spec: {},
    });
    for (const operation of [suspendResource, resumeResource])
      expect(await fixture.refusal(operation, fixture.ref(object))).toMatchObject({
        code: "STATIC_KIND",
        hint: "Suspend what produces or uses it.",
      });
    expect(await fixture.live(object)).toEqual(object);
    // An Alert is static, but its suspend is obeyed.
    expect(await suspend(await make(alert({ namespace, name: "alert" })))).toMatchObject({ word: "Suspended" });
  });

  test("an object, kind or cluster that is not there is said to be so", async () => {
    const ref = { cluster: fixture.cluster, kind: "Kustomization", namespace: "default", name: "missing" };
    for (const operation of [suspendResource, resumeResource]) {
      expect(await fixture.refusal(operation, ref)).toMatchObject({ code: "OBJECT_NOT_FOUND" });
      expect(await fixture.refusal(operation, { ...ref, kind: "ArtifactGenerator" })).toMatchObject({
        code: "KIND_NOT_SERVED",
      });
      expect(await fixture.refusal(operation, { ...ref, cluster: "nowhere" })).toMatchObject({
        code: "CLUSTER_NOT_FOUND",
      });
    }
  });

  test("without the permission nothing is written; one does not stand for the other", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    fixture.rights.give("resumer", allBut("resource.suspend"));
    fixture.rights.give("suspender", allBut("resource.resume"));
    expect(await fixture.refusal(suspendResource, fixture.ref(object), "resumer")).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.live(object)).toEqual(object);
    await suspend(object, undefined, "suspender");
    expect(await fixture.refusal(resumeResource, fixture.ref(object), "suspender")).toMatchObject({
      code: "FORBIDDEN",
    });
    expect((await fixture.live(object)).spec.suspend).toBe(true);
  });

  test("a suspend that Git will take back is told, when the parent owns the field, and only then", async () => {
    const namespace = await fixture.namespace();
    const labels = { "kustomize.toolkit.fluxcd.io/name": "parent", "kustomize.toolkit.fluxcd.io/namespace": namespace };
    const asKustomizeController = (object: KubeObject) =>
      kubeRequest(
        fixture.apiserver,
        "PATCH",
        `${objectPath(object)}?fieldManager=kustomize-controller&force=true`,
        object,
        "application/apply-patch+yaml",
      );
    const revertOf = async (object: KubeObject) => (await fixture.perform(getResource, fixture.ref(object))).revert;
    const stated = kustomization({ namespace, name: "stated", labels }, { suspend: false });
    const silent = kustomization({ namespace, name: "silent", labels });
    for (const object of [stated, silent]) await asKustomizeController(object);
    expect(await revertOf(silent)).toBeNull();
    expect(await revertOf(stated)).toEqual({
      parent: { kind: "Kustomization", namespace, name: "parent" },
      ownsSuspend: true,
      message: expect.stringContaining(`Git will revert this at the next run of Kustomization ${namespace}/parent`),
    });

    await suspend(silent, "stays");
    await asKustomizeController(silent);
    expect((await fixture.live(silent)).spec.suspend).toBe(true);
    const orphan = kustomization({ namespace, name: "orphan" }, { suspend: false });
    await applyObject(fixture.apiserver, orphan);
    expect(await revertOf(orphan)).toBeNull();
  });

  test("who else suspended it is told as they wrote it", async () => {
    const namespace = await fixture.namespace();
    const object = await make(
      kustomization(
        {
          namespace,
          name: "app",
          annotations: {
            "metadata.weave.works/suspended-by": "operator-c",
            "metadata.weave.works/suspended-comment": "theirs",
          },
        },
        { suspend: true },
      ),
    );
    const { suspend: suspension, row, why } = await fixture.perform(getResource, fixture.ref(object));
    expect(suspension).toEqual({ by: "operator-c", reason: "theirs", until: null });
    expect(row).toMatchObject({ word: "Suspended", suspendedBy: "operator-c" });
    expect(why).toStartWith("Suspended by operator-c: “theirs”.");
    await patchObject(fixture.apiserver, object, { spec: { suspend: false } });
    expect((await fixture.perform(getResource, fixture.ref(object))).suspend).toBeNull();
    await deleteObject(fixture.apiserver, object);
  });
});
