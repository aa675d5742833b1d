import { beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  deleteObject,
  type KubeObject,
  kubeRequest,
  requirement,
  until,
} from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { gitRepository, kustomization } from "../../test/manifests.ts";
import { openWatcher } from "../../test/watcher.ts";
import { listResources } from "../resource/list.ts";
import { suspendResource } from "../resource/suspend.ts";
import { getCluster } from "./get.ts";
import { probeCluster } from "./probe.ts";
import { registerCluster } from "./register.ts";
import { removeCluster } from "./remove.ts";
import { resyncCluster } from "./resync.ts";
import { updateCluster } from "./update.ts";

const READER = { token: "q7mark5z-reader", user: "reader" };

describe.skipIf(!(await requirement("kube-apiserver")))("a cluster that is there", () => {
  const fixture = useCluster({ tokens: [READER] });
  const make = (object: KubeObject) => createObject(fixture.apiserver, object);
  const get = (cluster: string) => fixture.perform(getCluster, { cluster });
  const asReader = () => fixture.apiserver.kubeconfig({ user: { token: READER.token } });

  beforeAll(async () => {
    const name = "flux-reader";
    await make({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        {
          apiGroups: ["kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"],
          resources: ["*"],
          verbs: ["get", "list", "watch"],
        },
      ],
    });
    await make({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: READER.user }],
    });
  });

  test("is registered healthy with its versions, its Flux kinds and what the credential may do", async () => {
    const cluster = await fixture.perform(registerCluster, {
      name: "admin",
      kubeconfig: fixture.apiserver.kubeconfig(),
    });
    expect(cluster).toMatchObject({
      status: "healthy",
      problem: null,
      server: fixture.apiserver.server,
      kubernetesVersion: expect.stringMatching(/^v1\.\d+/),
      credential: { kind: "client-certificate", expiresAt: expect.stringMatching(/Z$/) },
    });
    const detail = await until("it is watched", async () => {
      const found = await get("admin");
      return found.stream === "live" && found;
    });
    expect(detail.kinds.filter(({ kind }) => kind === "Kustomization")).toEqual([
      { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", version: "v1", state: "watched", detail: null },
    ]);
    expect(detail.rights.length).toBeGreaterThan(0);
    expect(detail.rights.every(({ allowed }) => allowed === "yes")).toBe(true);
  });

  test("a credential that may only read watches what it may, says what it may not, and cannot act", async () => {
    const id = await fixture.register("reader", asReader());
    const detail = await get(id);
    const states = Object.fromEntries(detail.kinds.map(({ kind, state }) => [kind, state]));
    expect(states).toMatchObject({ Kustomization: "watched", GitRepository: "watched", HelmRelease: "forbidden" });
    const object = await make(kustomization({ namespace: await fixture.namespace(), name: "app" }));
    const ref = { ...fixture.ref(object), cluster: id };
    expect(await fixture.refusal(suspendResource, ref)).toMatchObject({ code: "CLUSTER_FORBIDDEN" });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      action: "suspend",
      outcome: "failed",
      clusterName: "reader",
    });
    expect(await fixture.live(object)).toEqual(object);
  });

  test("a probe tells what is true now, and a cluster that went away is an answer, not an error", async () => {
    expect(await fixture.perform(probeCluster, { cluster: "main" })).toMatchObject({
      status: "healthy",
      problem: null,
    });
    await fixture.apiserver.kill();
    try {
      expect(await fixture.perform(probeCluster, { cluster: "main" })).toMatchObject({
        status: "unhealthy",
        problem: {
          code: "CLUSTER_UNREACHABLE",
          message: "The API server cannot be reached.",
          since: expect.any(String),
        },
      });
      expect(await get("main")).toMatchObject({ status: "unhealthy" });
    } finally {
      await fixture.apiserver.restart();
    }
    await until("it is live again", async () => (await get("main")).stream === "live");
    expect(await fixture.perform(probeCluster, { cluster: "main" })).toMatchObject({
      status: "healthy",
      problem: null,
    });
  });

  test("a resync counts what it read, and rows of objects that are gone go", async () => {
    const namespace = await fixture.namespace();
    await make(gitRepository({ namespace, name: "fleet" }));
    const object = await make(kustomization({ namespace, name: "kept" }));
    await fixture.untilStored(object);
    const { sql } = fixture.database;
    // A row no watch ever told of: what a lost event would leave behind.
    await sql`insert into flux_resources (cluster_id, "group", kind, namespace, name, uid, api_version, resource_version, word, severity, since, settle_memory, fingerprint, flap_fingerprint, created_at, changed_at, updated_at)
      select cluster_id, "group", kind, namespace, 'ghost', 'ghost', api_version, resource_version, word, severity, since, settle_memory, fingerprint, flap_fingerprint, created_at, changed_at, updated_at
      from flux_resources where cluster_id = ${fixture.cluster} and namespace = ${namespace} and name = 'kept'`;
    const { count, failedKinds } = await fixture.perform(resyncCluster, { cluster: "main" });
    const { items } = await kubeRequest<{ items: KubeObject[] }>(
      fixture.apiserver,
      "GET",
      "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
    );
    expect(failedKinds).toEqual([]);
    expect(count).toBeGreaterThan(items.length);
    const names = (
      await fixture.perform(listResources, { cluster: ["main"], namespace: [namespace], sort: "name" })
    ).rows.map(({ name }) => name);
    expect(names).toEqual(["fleet", "kept"]);
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      action: "sync",
      outcome: "success",
      message: `Read ${count} objects`,
    });
  });

  test("a resync with a credential that may not list every kind names those it could not", async () => {
    const id = await fixture.register("partly", asReader());
    const { failedKinds } = await fixture.perform(resyncCluster, { cluster: id });
    expect(failedKinds).toContain("HelmRelease");
    expect(failedKinds).not.toContain("Kustomization");
  });

  test("a new credential takes over at once", async () => {
    const id = await fixture.register("renewed", fixture.apiserver.kubeconfig());
    const changed = await fixture.perform(updateCluster, { cluster: id, kubeconfig: asReader() });
    expect(changed.credential).toEqual({ kind: "token", expiresAt: null });
    await until("it is watched with the new one", async () =>
      (await get(id)).kinds.some(({ kind, state }) => kind === "HelmRelease" && state === "forbidden"),
    );
    await fixture.perform(updateCluster, {
      cluster: id,
      kubeconfig: fixture.apiserver.kubeconfig({ user: { token: "wrong" } }),
    });
    await until("the wrong one is told", async () => (await get(id)).problem?.code === "CLUSTER_AUTH");
    expect(JSON.stringify([await get(id), await fixture.recorded(), fixture.log])).not.toContain(READER.token);
  });

  test("a cluster that is removed while it is watched leaves nothing behind, and what happens on it is told no more", async () => {
    const id = await fixture.register("removed", fixture.apiserver.kubeconfig());
    const namespace = await fixture.namespace();
    const watcher = await openWatcher(fixture, { topics: [{ topic: "query", filter: { namespace: [namespace] } }] });
    const object = await make(kustomization({ namespace, name: "app" }));
    const toldOf = (from = 0) =>
      watcher
        .frames("changes")
        .slice(from)
        .flatMap(({ changes }) => changes.map(({ clusterId }) => clusterId));
    await until("both clusters tell it", () => [id, fixture.cluster].every((one) => toldOf().includes(one)));
    await fixture.perform(removeCluster, { cluster: id });
    await watcher.until("cluster", (frame) => frame.clusterId === id && frame.cluster === null);
    const told = watcher.frames("changes").length;
    await deleteObject(fixture.apiserver, object);
    await watcher.until("changes", ({ changes }) =>
      changes.some(({ op, clusterId }) => op === "delete" && clusterId === fixture.cluster),
    );
    expect(toldOf(told)).not.toContain(id);
    await watcher.close();
    await until("its rows are gone", async () => {
      const rows = await fixture.database.sql`select from flux_resources where cluster_id = ${id}`;
      return rows.length === 0;
    });
  });
});
