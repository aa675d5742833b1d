import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { createTransport, discoverFlux, EVENTS, LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import {
  createNamespace,
  createObject,
  deleteObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  patchObject,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { Fleet } from "../start-fleet.ts";
import { clusterRow, startTestFleet, targetOf, testKeyring } from "../test-clusters.ts";
import { insertCluster, recordingLog } from "../test-fleet.ts";
import { EventStreams } from "./event-streams.ts";

setDefaultTimeout(180_000);
const NO_EVENTS = "reads-flux-only";
// After the objects were made, as real ones are told.
const [TOLD, LATER] = ["2099-01-02T03:00:00Z", "2099-01-02T03:30:00Z"];

describe.skipIf(!(await requirement("kube-apiserver")))("the events of the Flux controllers", () => {
  const fixture = useDatabase();
  const keyring = testKeyring();
  let apiserver: KubeApiserver;
  let fleet: Fleet;
  let clusterId: string;
  let namespace: string;
  let fleetUid: string;

  const repository = (name: string): KubeObject => ({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name, namespace },
    spec: { interval: "1m", url: "https://git.example.com/fleet.git" },
  });
  /** An Event as its controller makes it. */
  const event = (name: string, source: string, change: object = {}): KubeObject => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      namespace,
      name: "fleet",
      uid: fleetUid,
    },
    type: "Warning",
    reason: "GitOperationFailed",
    message: "failed to checkout https://me:canary@host/fleet.git after 1.5s",
    source: { component: source },
    reportingComponent: source,
    reportingInstance: "",
    count: 1,
    firstTimestamp: TOLD,
    lastTimestamp: TOLD,
    ...change,
  });
  const stored = (id = clusterId) => fixture.database.sql<
    { source: string; reason: string; message: string; count: string; lastAt: Date }[]
  >`
    select source, reason, message, count, last_at as "lastAt" from object_events where cluster_id = ${id} order by source, reason`;
  const told = async (id?: string) =>
    (await stored(id)).map(({ source, reason, count }) => `${source} ${reason} ${count}`);

  beforeAll(async () => {
    apiserver = await startKubeApiserver({ tokens: [{ token: NO_EVENTS, user: "reader" }] });
    await installFluxCrds(apiserver);
    namespace = await createNamespace(apiserver);
    fleetUid = (await createObject(apiserver, repository("fleet"))).metadata.uid!;
    await createObject(apiserver, event("before", "source-controller"));
    await createObject(apiserver, event("foreign", "kubelet"));
    clusterId = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring });
    ({ fleet } = await startTestFleet(fixture.database, keyring));
    await until("the cluster is live", async () => (await clusterRow(fixture.database, clusterId)).stream === "live");
  });
  afterAll(async () => {
    await fleet?.stop();
    await apiserver?.stop();
  });

  test("what was told before is kept, masked; what others told is not", async () => {
    await until("it is stored", async () => (await stored()).length === 1);
    expect(await stored()).toMatchObject([
      {
        source: "source-controller",
        message: "failed to checkout https://⟦masked⟧@host/fleet.git after 1.5s",
        count: "1",
        lastAt: new Date(TOLD),
      },
    ]);
  });

  test("what is told while watching counts on, and stays when the API server drops it", async () => {
    const before = event("before", "source-controller");
    await patchObject(apiserver, before, { count: 3, lastTimestamp: LATER });
    await until("it counts", async () => (await told())[0] === "source-controller GitOperationFailed 3");
    await deleteObject(apiserver, before);
    await createObject(apiserver, event("next", "source-controller", { reason: "NewArtifact" }));
    await until("the next is stored", async () => (await stored()).length === 2);
    expect(await told()).toEqual(["source-controller GitOperationFailed 3", "source-controller NewArtifact 1"]);
  });

  test("listing the objects anew leaves the streams of events as they are", async () => {
    await fleet.resync(clusterId);
    await createObject(apiserver, event("after", "source-controller", { reason: "GarbageCollected" }));
    await until("it is stored", async () => (await stored()).length === 3);
    expect(await told()).toEqual([
      "source-controller GarbageCollected 1",
      "source-controller GitOperationFailed 3",
      "source-controller NewArtifact 1",
    ]);
  });

  test("a controller that told nothing has no stream, and is looked at again", async () => {
    const transport = createTransport(targetOf(apiserver), { egress: LOCAL_EGRESS });
    const waits: { ms: number; over: () => void }[] = [];
    const put: string[] = [];
    const streams = new EventStreams({
      clusterId,
      writer: { put: (_, { reason }) => void put.push(reason), news: async (_, events) => [...events] },
      log: recordingLog(),
      pause: async (ms, signal) => {
        if (!signal.aborted) await new Promise<void>((over) => waits.push({ ms, over }));
      },
    });
    streams.follow(transport, [{ ...EVENTS, kind: "HelmRelease" }]);
    await until("it has looked", () => waits.length === 1);
    expect(waits[0]!.ms).toBeGreaterThanOrEqual(2.5 * 60_000);
    expect(waits[0]!.ms).toBeLessThanOrEqual(5 * 60_000);
    await createObject(apiserver, event("helm-1", "helm-controller", { reason: "InstallFailed" }));
    expect(put).toEqual([]);
    waits[0]!.over();
    await until("it is told", () => put.length === 1);
    await createObject(apiserver, event("helm-2", "helm-controller", { reason: "UpgradeFailed" }));
    await until("it is told at once", () => put.length === 2);
    expect(put).toEqual(["InstallFailed", "UpgradeFailed"]);
    expect(waits).toHaveLength(1);
    await streams.stop();
    transport.close();
  });

  test("what a message quotes of its object's values is taken out before it is stored", async () => {
    const secret = "Zq-quoted-canary-Kx";
    const release = await createObject(apiserver, {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "release", namespace },
      spec: {
        interval: "1m",
        chart: { spec: { chart: "app", sourceRef: { kind: "GitRepository", name: "fleet" } } },
        values: { database: { password: secret } },
      },
    });
    const about = (uid: string, name = "release") => ({
      ...{ apiVersion: release.apiVersion, kind: release.kind, namespace, name, uid },
    });
    const message = `upgrade failed: values {"password":"${secret}"}`;
    const tell = (name: string, reason: string, change: object) =>
      createObject(apiserver, event(name, "helm-controller", { message, reason, ...change }));
    await tell("known", "Known", { involvedObject: about(release.metadata.uid!) });
    await tell("gone", "Gone", { involvedObject: about("u-gone", "gone") });
    await tell("another", "Another", { involvedObject: about("u-before") });
    const old = { firstTimestamp: "2020-01-02T03:00:00Z", lastTimestamp: "2020-01-02T03:00:00Z" };
    await tell("old", "BeforeTheSpec", { involvedObject: about(release.metadata.uid!), ...old });
    const transport = createTransport(targetOf(apiserver), { egress: LOCAL_EGRESS });
    const put = new Map<string, string>();
    const streams = new EventStreams({
      clusterId,
      writer: {
        put: (_, { reason, message }) => void put.set(reason, message),
        news: async (_, events) => [...events],
      },
      log: recordingLog(),
    });
    streams.follow(
      transport,
      (await discoverFlux(transport)).filter(({ kind }) => kind === "HelmRelease"),
    );
    await until("all are told", () => ["Known", "Gone", "Another", "BeforeTheSpec"].every((reason) => put.has(reason)));
    await streams.stop();
    transport.close();
    const known = { Known: 'upgrade failed: values {"password":"⟦masked⟧"}' };
    expect(Object.fromEntries(put)).toMatchObject({
      ...known,
      Gone: "⟦masked⟧",
      Another: "⟦masked⟧",
      BeforeTheSpec: "⟦masked⟧",
    });
  });

  test("one selector cannot name two controllers", async () => {
    const select = (selector: string) =>
      kubeRequest<{ items: unknown[] }>(
        apiserver,
        "GET",
        `/api/v1/events?fieldSelector=${encodeURIComponent(selector)}`,
      );
    expect((await select("source=source-controller")).items.length).toBeGreaterThan(0);
    expect((await select("source=source-controller,source=kubelet")).items).toHaveLength(0);
  });

  test("where events may not be read the cluster is healthy all the same, and its rights say so", async () => {
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "flux-only" },
      rules: [{ apiGroups: ["*"], resources: ["gitrepositories"], verbs: ["get", "list", "watch"] }],
    });
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "flux-only" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "flux-only" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "reader" }],
    });
    const id = await insertCluster(fixture.database, { target: targetOf(apiserver, NO_EVENTS), keyring });
    fleet.added(id);
    await until("it is live", async () => (await clusterRow(fixture.database, id)).stream === "live");
    expect(await fleet.probe(id)).toEqual({ healthy: true, problem: null });
    expect(await clusterRow(fixture.database, id)).toMatchObject({ status: "healthy", problem: null });
    const [row] = await fixture.database.sql`select rights from clusters where id = ${id}`;
    expect(row!.rights).toContainEqual({ feature: "Keep the controllers' events", allowed: "no", detail: null });
    expect(await stored(id)).toHaveLength(0);
    await fleet.removed(id);
  });
});
