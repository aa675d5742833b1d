import { describe, expect, test } from "bun:test";
import {
  createObject,
  deleteObject,
  type KubeObject,
  patchObject,
  patchStatus,
  requirement,
  until,
} from "@flux-orchestrator/testing";
import { asController, useCluster } from "../../test/cluster-fixture.ts";
import { alert, gitRepository, helmRelease, helmRepository, kustomization } from "../../test/manifests.ts";
import { allBut } from "../../test/rights.ts";
import { isIn, not } from "../query/predicate.ts";
import { listChildren } from "./children.ts";
import { getResource } from "./get.ts";
import { getLiveResource } from "./get-live.ts";
import { getStoredResource } from "./get-stored.ts";
import { reconcileResource } from "./reconcile.ts";
import { resourceYaml } from "./yaml.ts";

describe.skipIf(!(await requirement("kube-apiserver")))("looking at an object", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const get = (object: KubeObject, actor?: string) => fixture.perform(getResource, fixture.ref(object), actor);

  test("tells everything of a live object: state, spec in words, what may be done", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }, { timeout: "2m", wait: true }));
    await asController(fixture.apiserver, object, {
      ready: "True",
      message: "Applied revision: main@sha1:5d5c4c1",
      status: {
        lastAppliedRevision: "main@sha1:5d5c4c1",
        lastAttemptedRevision: "main@sha1:5d5c4c1",
        inventory: { entries: [{ id: `${namespace}_web_apps_Deployment`, v: "v1" }] },
      },
    });
    const detail = await get(object);
    expect(detail).toMatchObject({
      live: true,
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      generation: 1,
      observedGeneration: 1,
      row: {
        word: "Ready",
        revision: "main@sha1:5d5c4c1",
        uid: object.metadata.uid,
        clusterName: "main",
        stale: false,
      },
      conditions: [{ type: "Ready", status: "True", message: "Applied revision: main@sha1:5d5c4c1" }],
      why: null,
      intervalSeconds: 600,
      timeoutSeconds: 120,
      overdue: false,
      owner: null,
      suspend: null,
      revert: null,
      inventory: [{ namespace, name: "web", group: "apps", kind: "Deployment", version: "v1" }],
      can: {
        reconcile: true,
        suspend: true,
        resume: false,
        force: false,
        reset: false,
        withSource: true,
        reason: null,
      },
      runs: [],
    });
    expect(detail.facts).toContainEqual({ label: "Path", value: "./apps", mono: true });
    expect(Date.now() - Date.parse(detail.confirmedAt!)).toBeLessThan(60_000);
  });

  test("an object the watch has not told of yet is read and stored at once; one that is gone goes", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "new" }));
    expect(await get(object)).toMatchObject({
      row: { name: "new", word: "Progressing", subState: "waiting for the controller" },
    });
    await fixture.perform(getStoredResource, fixture.ref(object));
    await deleteObject(fixture.apiserver, object);
    expect(await fixture.refusal(getResource, fixture.ref(object))).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect(await fixture.refusal(getStoredResource, fixture.ref(object))).toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  test("its source and what it waits for are named with their words, and that it is behind", async () => {
    const namespace = await fixture.namespace();
    const source = await make(gitRepository({ namespace, name: "fleet" }));
    const artifact = {
      url: "http://x/a.tar.gz",
      path: "a",
      digest: `sha256:${"0".repeat(64)}`,
      lastUpdateTime: "2026-01-02T03:04:05Z",
      size: 1,
    };
    await asController(fixture.apiserver, source, {
      ready: "True",
      status: { artifact: { ...artifact, revision: "main@sha1:bbbb" } },
    });
    const base = await make(kustomization({ namespace, name: "base" }));
    await asController(fixture.apiserver, base, { ready: "False", message: "kustomize build failed" });
    for (const [stored, word] of [
      [source, "Ready"],
      [base, "Failed"],
    ] as const)
      await fixture.untilStored(stored, word);
    const object = await make(
      kustomization({ namespace, name: "app" }, { dependsOn: [{ name: "base" }, { name: "missing" }] }),
    );
    await patchStatus(fixture.apiserver, object, {
      observedGeneration: 1,
      lastAppliedRevision: "main@sha1:aaaa",
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "DependencyNotReady",
          message: `dependency '${namespace}/base' is not ready`,
          lastTransitionTime: "2026-01-02T03:04:05Z",
        },
      ],
    });
    const detail = await get(object);
    expect(detail.row.word).toBe("Blocked");
    expect(detail.source).toEqual({
      ref: { kind: "GitRepository", namespace, name: "fleet" },
      word: "Ready",
      revision: "main@sha1:bbbb",
      behind: true,
    });
    expect(detail.dependsOn).toEqual([
      { ref: { kind: "Kustomization", namespace, name: "base" }, word: "Failed" },
      { ref: { kind: "Kustomization", namespace, name: "missing" }, word: null },
    ]);
    expect(detail.why).toBe(`Waits for Kustomization ${namespace}/base, which is Failed: kustomize build failed.`);

    fixture.rights.give("narrow", { allows: () => true, sees: not(isIn("kind", ["GitRepository"])) });
    expect((await get(object, "narrow")).source).toMatchObject({ word: null, revision: null, behind: false });
  });

  test("what may be done depends on the object and on who asks", async () => {
    const namespace = await fixture.namespace();
    fixture.rights.give("reader", allBut("resource.reconcile", "resource.suspend", "resource.resume"));
    const object = await make(helmRelease({ namespace, name: "app" }));
    expect((await get(object)).can).toMatchObject({ reconcile: true, force: true, reset: true, withSource: true });
    expect((await get(object, "reader")).can).toEqual({
      reconcile: false,
      suspend: false,
      resume: false,
      force: false,
      reset: false,
      withSource: false,
      reason: "You may not reconcile objects here.",
    });
    const suspended = await make(kustomization({ namespace, name: "app" }, { suspend: true }));
    expect((await get(suspended)).can).toMatchObject({
      reconcile: false,
      suspend: false,
      resume: true,
      withSource: false,
    });
    const oci = await make(helmRepository({ namespace, name: "charts" }, { type: "oci", url: "oci://r.example/x" }));
    expect((await get(oci)).can).toMatchObject({ reconcile: false, reason: expect.stringContaining("static") });
    expect((await get(await make(alert({ namespace, name: "alert" })))).can).toMatchObject({
      reconcile: false,
      suspend: true,
    });
  });

  test("its history and its last reconciles are told; one made anew under the same name starts with none", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    await asController(fixture.apiserver, object, { ready: "True" });
    await fixture.untilStored(object, "Ready");
    await asController(fixture.apiserver, object, { ready: "False", message: "build failed" });
    await fixture.untilStored(object, "Failed");
    const run = await fixture.perform(reconcileResource, fixture.ref(object));
    const detail = await get(object);
    expect(detail.transitions[0]).toMatchObject({
      from: "Ready",
      to: "Failed",
      reason: "BuildFailed",
      message: "build failed",
    });
    expect(detail.runs.map(({ id }) => id)).toEqual([run.id]);
    await deleteObject(fixture.apiserver, object);
    const again = await make(kustomization({ namespace, name: "app" }));
    await until("the new one is stored", async () => (await get(again)).row.uid === again.metadata.uid);
    await fixture.untilStored(again, "Progressing");
    const fresh = await get(again);
    expect(fresh.transitions.map(({ from, to }) => [from, to])).toEqual([[null, "Progressing"]]);
  });

  test("the live read is never the stored one, and carries v1's words", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    await asController(fixture.apiserver, object, { ready: "False", message: "no" });
    await fixture.untilStored(object, "Failed");
    const ref = fixture.ref(object);
    const [live, stored] = [await fixture.perform(getLiveResource, ref), await fixture.perform(getStoredResource, ref)];
    expect(live).toMatchObject({ status: "NotReady", message: "no" });
    expect({ ...live, updatedAt: "" }).toEqual({ ...stored, updatedAt: "" });
    await patchObject(fixture.apiserver, object, { spec: { path: "./moved" } });
    expect(JSON.parse((await fixture.perform(getLiveResource, ref)).document)).toMatchObject({
      spec: { path: "./moved" },
    });
  });

  test("what it applied is read live from its inventory; what cannot be read stays as it was written", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    const entries = [
      { id: `${namespace}_web_apps_Deployment`, v: "v1" },
      { id: "_system__node_rbac.authorization.k8s.io_ClusterRole", v: "v1" },
      { id: "nonsense", v: "v1" },
    ];
    await patchStatus(fixture.apiserver, object, { inventory: { entries } });
    expect(await fixture.perform(listChildren, fixture.ref(object))).toEqual([
      { id: entries[0]!.id, version: "v1", object: { namespace, name: "web", group: "apps", kind: "Deployment" } },
      {
        id: entries[1]!.id,
        version: "v1",
        object: { namespace: "", name: "system:node", group: "rbac.authorization.k8s.io", kind: "ClusterRole" },
      },
      { id: "nonsense", version: "v1", object: null },
    ]);
    const source = await make(gitRepository({ namespace, name: "fleet" }));
    expect(await fixture.perform(listChildren, fixture.ref(source))).toEqual([]);
  });

  test("every read needs the permission in that namespace, and names what is not there", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    await fixture.untilStored(object);
    fixture.rights.give("elsewhere", {
      allows: (permission, scope) => permission === "cluster.read" || scope.namespace !== namespace,
    });
    for (const read of [getResource, getLiveResource, getStoredResource, listChildren, resourceYaml]) {
      const ref = fixture.ref(object);
      expect(await fixture.refusal(read, ref, "elsewhere")).toMatchObject({ code: "FORBIDDEN" });
      expect(await fixture.refusal(read, { ...ref, name: "missing" })).toMatchObject({ code: "OBJECT_NOT_FOUND" });
      expect(await fixture.refusal(read, { ...ref, cluster: "nowhere" })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    }
    for (const read of [getLiveResource, listChildren])
      expect(await fixture.refusal(read, { ...fixture.ref(object), kind: "ImagePolicy" })).toMatchObject({
        code: "KIND_NOT_SERVED",
      });
  });

  test("when the cluster does not answer, the stored object is shown and said to be old", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    await asController(fixture.apiserver, object, { ready: "True" });
    await fixture.untilStored(object, "Ready");
    await fixture.apiserver.kill();
    try {
      const detail = await get(object);
      expect(detail).toMatchObject({
        live: false,
        row: { word: "Ready", name: "app" },
        conditions: [{ status: "True" }],
      });
      expect(Date.parse(detail.confirmedAt!)).toBeLessThanOrEqual(Date.now());
      expect((await fixture.perform(resourceYaml, fixture.ref(object))).yaml).toContain("name: app");
      expect(await fixture.refusal(getLiveResource, fixture.ref(object))).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
      });
      expect(await fixture.refusal(reconcileResource, fixture.ref(object))).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
      });
      expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "reconcile", outcome: "failed" });
      await until("the rows say that they are old", async () => (await get(object)).row.stale);
    } finally {
      await fixture.apiserver.restart();
    }
    await until("it is read live again", async () => (await get(object)).live);
  });
});
