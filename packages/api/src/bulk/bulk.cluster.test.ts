import { describe, expect, test } from "bun:test";
import { createObject, deleteObject, type KubeObject, patchObject, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { alert, gitRepository, kustomization } from "../../test/manifests.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { newToken, reconcileResource } from "../resource/reconcile.ts";
import { getRun } from "../resource/run.ts";
import { bulkReconcile, bulkResume, bulkSuspend } from "./jobs.ts";
import { previewBulk } from "./preview.ts";

const REQUESTED = "reconcile.fluxcd.io/requestedAt";

describe.skipIf(!(await requirement("kube-apiserver")))("bulk actions on a real API server", () => {
  const fixture = useCluster();
  const make = async (object: KubeObject) => {
    const made = await createObject(fixture.apiserver, object);
    await fixture.untilStored(made);
    return made;
  };
  const annotationsOf = async (object: KubeObject) => (await fixture.live(object)).metadata.annotations ?? {};

  test("reconcile asks sources first, and leaves out what is suspended or static", async () => {
    const namespace = await fixture.namespace();
    const app = await make(kustomization({ namespace, name: "app" }));
    const asleep = await make(kustomization({ namespace, name: "asleep" }, { suspend: true }));
    const source = await make(gitRepository({ namespace, name: "fleet" }));
    const page = await make(alert({ namespace, name: "page" }));
    const filter = { namespace: [namespace] };
    const { token, act, skip } = await fixture.perform(previewBulk, { action: "reconcile", filter });
    expect([act, skip]).toEqual([2, 2]);
    const { job } = await submitted(fixture, bulkReconcile, { filter, token });
    const ended = await untilEnded(fixture, job.id);
    expect(ended.items.map(({ title, state, code }) => [title, state, code])).toEqual([
      [`GitRepository ${namespace}/fleet`, "succeeded", null],
      [`Kustomization ${namespace}/app`, "succeeded", null],
      [`Kustomization ${namespace}/asleep`, "skipped", "SUSPENDED"],
      [`Alert ${namespace}/page`, "skipped", "STATIC_KIND"],
    ]);
    for (const asked of [source, app]) expect((await annotationsOf(asked))[REQUESTED]).toBeString();
    for (const left of [asleep, page]) expect(await fixture.live(left)).toEqual(left);
  });

  test("suspend writes who and why on each, resume takes it back and touches nothing else", async () => {
    const namespace = await fixture.namespace();
    const [one, two] = [
      await make(kustomization({ namespace, name: "one" })),
      await make(kustomization({ namespace, name: "two" })),
    ];
    const objects = [one, two].map(fixture.ref);
    const { job } = await submitted(fixture, bulkSuspend, { objects, reason: "freeze" }, "ada");
    expect((await untilEnded(fixture, job.id, "ada")).counts.succeeded).toBe(2);
    for (const object of [one, two]) {
      const live = await fixture.live(object);
      expect(live.spec).toMatchObject({ suspend: true });
      expect(live.metadata.annotations).toMatchObject({
        "flux-orchestrator/suspended-by": "ada",
        "flux-orchestrator/suspend-reason": "freeze",
      });
    }
    await patchObject(fixture.apiserver, two, { metadata: { labels: { kept: "yes" } } });
    const back = await submitted(fixture, bulkResume, { objects, reason: "thaw" }, "ada");
    expect((await untilEnded(fixture, back.job.id, "ada")).counts.succeeded).toBe(2);
    for (const object of [one, two]) {
      expect((await fixture.live(object)).spec).toMatchObject({ suspend: false });
      expect(await annotationsOf(object)).toEqual({});
    }
    expect((await fixture.recorded(back.requestId)).at(-1)).toMatchObject({ message: "Resumed: thaw" });
    expect((await fixture.live(two)).metadata.labels).toMatchObject({ kept: "yes" });
  });

  test("a request that is repeated with its token is made once, also where nobody wrote down that it was", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    const token = newToken(Date.now());
    const ask = () => fixture.perform(reconcileResource, { ...fixture.ref(object), token });
    const first = await ask();
    expect(first.token).toBe(token);
    const asked = await fixture.live(object);
    // Somebody else asks in between: what was asked before is not asked again.
    await patchObject(fixture.apiserver, object, { metadata: { annotations: { [REQUESTED]: "later" } } });
    expect((await ask()).id).toBe(first.id);
    expect((await annotationsOf(object))[REQUESTED]).toBe("later");
    expect(asked.metadata.annotations?.[REQUESTED]).toBe(token);

    const other = await make(kustomization({ namespace, name: "other" }));
    const written = await patchObject(fixture.apiserver, other, { metadata: { annotations: { [REQUESTED]: token } } });
    const run = await fixture.perform(reconcileResource, { ...fixture.ref(other), token });
    expect(await fixture.perform(getRun, { id: run.id })).toMatchObject({ token });
    expect((await fixture.live(other)).metadata).toEqual(written.metadata);
  });

  test("a token of another form is refused, and nothing is asked", async () => {
    const namespace = await fixture.namespace();
    const object = await make(kustomization({ namespace, name: "app" }));
    for (const token of ["", "now", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+01:00", 7])
      expect(await fixture.refusal(reconcileResource, { ...fixture.ref(object), token })).toMatchObject({
        code: "INPUT_INVALID",
      });
    expect(await annotationsOf(object)).toEqual({});
    await deleteObject(fixture.apiserver, object);
  });
});
