import { describe, expect, test } from "bun:test";
import type { ReconcileRun } from "@flux-orchestrator/contract";
import {
  createObject,
  deleteObject,
  type KubeObject,
  patchObject,
  requirement,
  until,
} from "@flux-orchestrator/testing";
import { asController, type ObjectRef, useCluster } from "../../test/cluster-fixture.ts";
import { alert, gitRepository, helmChart, helmRelease, helmRepository, kustomization } from "../../test/manifests.ts";
import { allBut } from "../../test/rights.ts";
import { openWatcher } from "../../test/watcher.ts";
import { reconcileResource } from "./reconcile.ts";
import { getRun } from "./run.ts";

const REQUESTED = "reconcile.fluxcd.io/requestedAt";
const FORCE = "reconcile.fluxcd.io/forceAt";
const RESET = "reconcile.fluxcd.io/resetAt";

interface Options {
  withSource?: boolean;
  force?: boolean;
  reset?: boolean;
}

describe.skipIf(!(await requirement("kube-apiserver")))("reconciling", () => {
  const fixture = useCluster();
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const reconcile = (object: KubeObject, options: Options = {}, actor?: string) =>
    fixture.perform(reconcileResource, { ...fixture.ref(object), ...options }, actor);
  const refused = (input: ObjectRef & Options, actor?: string) => fixture.refusal(reconcileResource, input, actor);
  const annotationsOf = async (object: KubeObject) => (await fixture.live(object)).metadata.annotations ?? {};
  const ended = ({ id }: ReconcileRun) =>
    until("the run has ended", async () => {
      const run = await fixture.perform(getRun, { id });
      return run.phase === "ended" && run;
    });
  const asked = (object: KubeObject, token: string) =>
    until(`${object.kind} is asked`, async () => (await annotationsOf(object))[REQUESTED] === token);

  test("writes the request as the flux CLI does, under our own field manager, and answers with its token", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app", annotations: { mine: "stays" } }));
    const run = await reconcile(object, {}, "operator-a");
    expect(run).toMatchObject({
      token: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
      clusterId: fixture.cluster,
      phase: "requested",
      outcome: null,
      steps: [{ kind: "Kustomization", namespace, name: "app", state: "requested" }],
    });
    const live = await fixture.live(object);
    expect(live.metadata.annotations).toEqual({ mine: "stays", [REQUESTED]: run.token });
    expect(live.spec).toEqual(object.spec);
    expect(live["metadata"]).toMatchObject({
      managedFields: expect.arrayContaining([
        expect.objectContaining({
          manager: "flux-orchestrator",
          operation: "Update",
          fieldsV1: { "f:metadata": { "f:annotations": { [`f:${REQUESTED}`]: {} } } },
        }),
      ]),
    });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      actor: "operator-a",
      action: "reconcile",
      resourceType: "Kustomization",
      resourceId: `${namespace}/app`,
      clusterName: "main",
      outcome: "success",
      message: "Requested",
    });
  });

  test("is followed until the controller has handled it and is Ready, and the stream tells it", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const watcher = await openWatcher(fixture, { topics: [{ topic: "summary" }] });
    const run = await reconcile(object);
    await watcher.until("run", (frame) => frame.run.id === run.id && frame.run.phase === "requested");
    await asController(fixture.apiserver, object, { ready: "True", message: "Applied revision: main@sha1:5d5c4c1" });
    expect(await ended(run)).toMatchObject({
      outcome: "ready",
      message: "Applied revision: main@sha1:5d5c4c1",
      steps: [{ state: "ready" }],
      endedAt: expect.any(String),
    });
    await watcher.until("run", (frame) => frame.run.id === run.id && frame.run.outcome === "ready");
    await watcher.close();
  });

  test("ends as the object does: failed, superseded, suspended or deleted", async () => {
    const namespace = await fixture.namespace();
    const endings: [outcome: string, end: (object: KubeObject) => Promise<unknown>][] = [
      [
        "failed",
        (object) => asController(fixture.apiserver, object, { ready: "False", message: "kustomize build failed" }),
      ],
      [
        "superseded",
        (object) => patchObject(fixture.apiserver, object, { metadata: { annotations: { [REQUESTED]: "later" } } }),
      ],
      ["suspended", (object) => patchObject(fixture.apiserver, object, { spec: { suspend: true } })],
      ["deleted", (object) => deleteObject(fixture.apiserver, object)],
    ];
    for (const [outcome, end] of endings) {
      const object = await make(kustomization({ namespace, name: outcome }));
      const run = await reconcile(object);
      await end(object);
      expect(await ended(run)).toMatchObject({ outcome });
    }
  });

  test("force and reset carry the same token in the same patch, for a HelmRelease", async () => {
    const object = await make(helmRelease({ namespace: await fixture.namespace(), name: "app" }));
    const { token } = await reconcile(object, { force: true, reset: true });
    expect(await annotationsOf(object)).toEqual({ [REQUESTED]: token, [FORCE]: token, [RESET]: token });
    expect((await fixture.recorded()).at(-1)?.message).toBe("Requested, forced, failures reset");
    const again = await reconcile(object);
    // What is left of the older force is harmless: it differs from the request.
    expect(await annotationsOf(object)).toEqual({ [REQUESTED]: again.token, [FORCE]: token, [RESET]: token });
  });

  test("force and reset are refused where no controller knows them, and nothing is written", async () => {
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    for (const option of ["force", "reset"] as const)
      expect(await refused({ ...fixture.ref(object), [option]: true })).toMatchObject({
        code: "INPUT_INVALID",
        issues: [{ path: option }],
      });
    expect(await fixture.live(object)).toEqual(object);
  });

  test("with its source, the source is asked first and the object only once the source is Ready", async () => {
    const namespace = await fixture.namespace();
    const source = await make(gitRepository({ namespace, name: "fleet" }));
    const object = await make(kustomization({ namespace, name: "app" }));
    const run = await reconcile(object, { withSource: true });
    expect(run.steps.map(({ kind, state }) => [kind, state])).toEqual([
      ["GitRepository", "requested"],
      ["Kustomization", "waiting"],
    ]);
    expect((await annotationsOf(source))[REQUESTED]).toBe(run.token);
    expect(await annotationsOf(object)).toEqual({});
    await asController(fixture.apiserver, source, { ready: "True" });
    await asked(object, run.token);
    await asController(fixture.apiserver, object, { ready: "True" });
    expect(await ended(run)).toMatchObject({ outcome: "ready", steps: [{ state: "ready" }, { state: "ready" }] });
  });

  test("a source that fails ends the chain: the object is never asked", async () => {
    const namespace = await fixture.namespace();
    const source = await make(gitRepository({ namespace, name: "fleet" }));
    const object = await make(kustomization({ namespace, name: "app" }));
    const run = await reconcile(object, { withSource: true });
    await asController(fixture.apiserver, source, { ready: "False", message: "authentication required" });
    expect(await ended(run)).toMatchObject({
      outcome: "failed",
      message: `GitRepository ${namespace}/fleet: authentication required`,
      steps: [{ state: "failed" }, { state: "waiting" }],
    });
    expect(await annotationsOf(object)).toEqual({});
  });

  test("a HelmRelease goes through repository and chart; force is for the release alone", async () => {
    const namespace = await fixture.namespace();
    const repository = await make(helmRepository({ namespace, name: "charts" }));
    const chart = await make(helmChart({ namespace, name: `${namespace}-app` }));
    const release = await make(helmRelease({ namespace, name: "app" }));
    const run = await reconcile(release, { withSource: true, force: true });
    expect(run.steps.map(({ kind, name }) => [kind, name])).toEqual([
      ["HelmRepository", "charts"],
      ["HelmChart", `${namespace}-app`],
      ["HelmRelease", "app"],
    ]);
    for (const object of [repository, chart]) {
      await asked(object, run.token);
      expect(await annotationsOf(object)).toEqual({ [REQUESTED]: run.token });
      await asController(fixture.apiserver, object, { ready: "True" });
    }
    await asked(release, run.token);
    expect(await annotationsOf(release)).toEqual({ [REQUESTED]: run.token, [FORCE]: run.token });
    await asController(fixture.apiserver, release, { ready: "True" });
    expect(await ended(run)).toMatchObject({ outcome: "ready" });
  });

  test("what cannot be asked on the way is skipped: static, suspended, or not there", async () => {
    const namespace = await fixture.namespace();
    const repository = await make(
      helmRepository({ namespace, name: "charts" }, { type: "oci", url: "oci://r.example/x" }),
    );
    const release = await make(helmRelease({ namespace, name: "app" }));
    const run = await reconcile(release, { withSource: true });
    expect(run.steps.map(({ kind, state }) => [kind, state])).toEqual([
      ["HelmRepository", "skipped"],
      ["HelmChart", "skipped"],
      ["HelmRelease", "requested"],
    ]);
    expect(await annotationsOf(repository)).toEqual({});
    const source = await make(gitRepository({ namespace, name: "fleet" }, { suspend: true }));
    const object = await make(kustomization({ namespace, name: "app" }));
    expect((await reconcile(object, { withSource: true })).steps.map(({ state }) => state)).toEqual([
      "skipped",
      "requested",
    ]);
    expect(await annotationsOf(source)).toEqual({});
  });

  test("a suspended object and a static one are refused with what to do instead, and left untouched", async () => {
    const namespace = await fixture.namespace();
    const suspended = await make(kustomization({ namespace, name: "app" }, { suspend: true }));
    const statics = [
      await make(alert({ namespace, name: "alert" })),
      await make(helmRepository({ namespace, name: "charts" }, { type: "oci", url: "oci://r.example/x" })),
    ];
    expect(await refused(fixture.ref(suspended))).toMatchObject({ code: "SUSPENDED", hint: "Resume it first." });
    for (const object of statics)
      expect(await refused(fixture.ref(object))).toMatchObject({ code: "STATIC_KIND", hint: expect.any(String) });
    for (const object of [suspended, ...statics]) expect(await fixture.live(object)).toEqual(object);
    expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "reconcile", outcome: "failed" });
  });

  test("an object, a kind or a cluster that is not there is said to be so, and the attempt is kept", async () => {
    const namespace = await fixture.namespace();
    const ref = { cluster: fixture.cluster, kind: "Kustomization", namespace, name: "missing" };
    expect(await refused(ref)).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect((await fixture.recorded()).at(-1)).toMatchObject({ resourceId: `${namespace}/missing`, outcome: "failed" });
    expect(await refused({ ...ref, kind: "ImagePolicy" })).toMatchObject({ code: "KIND_NOT_SERVED" });
    expect(await refused({ ...ref, cluster: crypto.randomUUID() })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    const runs = await fixture.database.sql`select from reconcile_runs where namespace = ${namespace}`;
    expect(runs).toHaveLength(0);
  });

  test("without the permission nothing is written, to the object or on the way to it", async () => {
    const [namespace, other] = [await fixture.namespace(), await fixture.namespace()];
    const source = await make(gitRepository({ namespace: other, name: "fleet" }));
    const sourceRef = { kind: "GitRepository", name: "fleet", namespace: other };
    const object = await make(kustomization({ namespace, name: "app" }, { sourceRef }));
    fixture.rights.give("guest", allBut("resource.reconcile"));
    fixture.rights.give("team", {
      allows: (permission, scope) => permission !== "resource.reconcile" || scope.namespace === namespace,
    });
    fixture.rights.give("blind", {
      allows: (permission, scope) => permission !== "resource.read" || scope.namespace === namespace,
    });
    expect(await refused(fixture.ref(object), "guest")).toMatchObject({ code: "FORBIDDEN" });
    for (const actor of ["team", "blind"])
      expect(await refused({ ...fixture.ref(object), withSource: true }, actor)).toMatchObject({ code: "FORBIDDEN" });
    for (const untouched of [source, object]) expect(await fixture.live(untouched)).toEqual(untouched);
    expect(await reconcile(object, {}, "team")).toMatchObject({ phase: "requested" });
  });

  test("a run is read by its id, by whoever may see the object", async () => {
    const namespace = await fixture.namespace();
    const run = await reconcile(await make(kustomization({ namespace, name: "app" })));
    expect(await fixture.perform(getRun, { id: run.id })).toMatchObject({ id: run.id, token: run.token });
    fixture.rights.give("elsewhere", { allows: (_permission, scope) => scope.namespace !== namespace });
    expect(await fixture.refusal(getRun, { id: run.id }, "elsewhere")).toMatchObject({ code: "FORBIDDEN" });
    for (const id of [crypto.randomUUID(), "x", ""])
      expect(await fixture.refusal(getRun, { id })).toMatchObject({ code: "NOT_FOUND" });
  });
});
