import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import {
  createNamespace,
  createObject,
  deleteObject,
  getObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  patchObject,
  patchStatus,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { Fleet } from "../start-fleet.ts";
import {
  clusterRow,
  gitRepository,
  kindState,
  objectRows,
  readyStatus,
  startTestFleet,
  targetOf,
  testKeyring,
} from "../test-clusters.ts";
import { countDrift, insertCluster, type RecordingLog } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const SOURCES_ONLY = "reads-sources-only";
const NOTHING = "may-do-nothing";
const RECEIVERS = "customresourcedefinitions/receivers.notification.toolkit.fluxcd.io";
const CRDS = "/apis/apiextensions.k8s.io/v1";

describe.skipIf(!(await requirement("kube-apiserver")))("a watched cluster", () => {
  const fixture = useDatabase();
  const keyring = testKeyring();
  let apiserver: KubeApiserver;
  let fleet: Fleet;
  let log: RecordingLog;
  let clusterId: string;
  let namespace: string;

  const live = (id: string) =>
    until("the cluster is live", async () => (await clusterRow(fixture.database, id)).stream === "live");
  const rows = (id = clusterId) => objectRows(fixture.database, id, namespace);
  const untilRow = (name: string, holds: (row: { word: string; message: string }) => boolean) =>
    until(`${name} is stored`, async () => {
      const row = (await rows()).get(name);
      return row !== undefined && holds(row) && row;
    });
  const register = async (token?: string) => {
    const id = await insertCluster(fixture.database, { target: targetOf(apiserver, token), keyring });
    fleet.added(id);
    return id;
  };
  /** As it is removed: what is still registered would be taken up again. */
  const unregister = async (id: string) => {
    await fixture.database.sql`update clusters set deleted_at = now() where id = ${id}::uuid`;
    await fleet.removed(id);
  };

  beforeAll(async () => {
    apiserver = await startKubeApiserver({
      tokens: [
        { token: SOURCES_ONLY, user: "reader" },
        { token: NOTHING, user: "nobody" },
      ],
    });
    await installFluxCrds(apiserver);
    namespace = await createNamespace(apiserver);
    await createObject(apiserver, gitRepository(namespace, "fleet", { status: "True", message: "stored artifact" }));
    await createObject(
      apiserver,
      gitRepository(namespace, "broken", { status: "False", message: "authentication required" }),
    );
    clusterId = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring });
    ({ fleet, log } = await startTestFleet(fixture.database, keyring));
    await live(clusterId);
  });
  afterAll(async () => {
    await fleet?.stop();
    await apiserver?.stop();
  });

  test("what was there before is listed, with its words", async () => {
    expect([...(await rows()).values()].map(({ name, word }) => `${name} ${word}`)).toEqual([
      "GitRepository/broken Failed",
      "GitRepository/fleet Ready",
    ]);
    expect(await clusterRow(fixture.database, clusterId)).toMatchObject({ status: "healthy", problem: null });
    expect(await kindState(fixture.database, clusterId, "GitRepository")).toBe("watched");
    // The operator is not installed here.
    expect(await kindState(fixture.database, clusterId, "FluxInstance")).toBe("absent");
  });

  test("a change is stored as it comes", async () => {
    const object = await createObject(apiserver, gitRepository(namespace, "quick", { status: "True" }));
    await untilRow("GitRepository/quick", ({ word }) => word === "Ready");
    await patchStatus(apiserver, object, readyStatus({ status: "False", message: "no such branch" }));
    const beganAt = performance.now();
    await untilRow("GitRepository/quick", ({ word, message }) => word === "Failed" && message === "no such branch");
    console.log(`status written → row stored: ${Math.round(performance.now() - beganAt)} ms`);
  });

  test("suspending shows at once, and deleting takes the row away", async () => {
    const object = await createObject(apiserver, gitRepository(namespace, "short-lived", { status: "True" }));
    await patchObject(apiserver, object, { spec: { suspend: true } });
    await untilRow("GitRepository/short-lived", ({ word }) => word === "Suspended");
    await deleteObject(apiserver, object);
    await until("the row is gone", async () => !(await rows()).has("GitRepository/short-lived"));
    const history = await fixture.database.sql<{ word: string | null }[]>`
      select to_word as word from resource_transitions where name = 'short-lived' order by id`;
    expect(history.map(({ word }) => word).slice(-2)).toEqual(["Suspended", null]);
  });

  test("one object is read again when asked for, also when it is gone", async () => {
    const object = await createObject(apiserver, gitRepository(namespace, "asked-for", { status: "True" }));
    const key = { clusterId, group: "source.toolkit.fluxcd.io", kind: "GitRepository", namespace, name: "asked-for" };
    await fleet.refresh(key);
    expect((await rows()).get("GitRepository/asked-for")?.version).toBe(
      (await getObject(apiserver, object)).metadata.resourceVersion!,
    );
    await deleteObject(apiserver, object);
    await fleet.refresh(key);
    expect((await rows()).has("GitRepository/asked-for")).toBe(false);
  });

  test("a resync counts what the cluster has, and puts right what the rows lack or invent", async () => {
    const { sql } = fixture.database;
    await sql`delete from flux_resources where cluster_id = ${clusterId} and name = 'fleet'`;
    await sql`update flux_resources set name = 'never-there' where cluster_id = ${clusterId} and name = 'broken'`;
    const { count, failedKinds } = await fleet.resync(clusterId);
    expect({ count, failedKinds }).toEqual({ count: (await rows()).size, failedKinds: [] });
    expect([...(await rows()).keys()]).toContain("GitRepository/fleet");
    expect([...(await rows()).keys()]).toContain("GitRepository/broken");
    expect([...(await rows()).keys()]).not.toContain("GitRepository/never-there");
    expect(await countDrift(fixture.database)).toEqual([]);
    // The rows were changed behind the counters' back: exactly what the recount is there to notice.
    expect(log.lines.filter((line) => line.startsWith("error"))).toHaveLength(1);
  });

  test("a probe says what the API server is and what may be done there", async () => {
    expect(await fleet.probe(clusterId)).toEqual({ healthy: true, problem: null });
    const [row] = await fixture.database
      .sql`select kubernetes_version as version, rights from clusters where id = ${clusterId}`;
    expect(row!.version).toMatch(/^v1\.\d+/);
    expect(row!.rights).toContainEqual({ feature: "See objects live", allowed: "yes", detail: null });
  });

  test("a kind that may not be read is shown forbidden, and the others are watched", async () => {
    await createObject(apiserver, clusterRole("reader", ["source.toolkit.fluxcd.io"]));
    await createObject(apiserver, clusterRoleBinding("reader", "reader"));
    const id = await register(SOURCES_ONLY);
    await live(id);
    expect(await kindState(fixture.database, id, "GitRepository")).toBe("watched");
    expect(await kindState(fixture.database, id, "Kustomization")).toBe("forbidden");
    expect(await clusterRow(fixture.database, id)).toMatchObject({ status: "healthy", problem: null });
    await unregister(id);
  });

  test("a cluster of which nothing may be read says so", async () => {
    const id = await register(NOTHING);
    await live(id);
    expect(await clusterRow(fixture.database, id)).toMatchObject({
      status: "unhealthy",
      problem: { code: "CLUSTER_FORBIDDEN" },
    });
    await fleet.probe(id);
    expect(await clusterRow(fixture.database, id)).toMatchObject({ problem: { code: "CLUSTER_FORBIDDEN" } });
    await unregister(id);
  });

  test("the same API server registered twice makes two clusters that do not mix", async () => {
    const twin = await register();
    await live(twin);
    expect([...(await rows(twin)).keys()]).toEqual([...(await rows()).keys()]);
    await createObject(apiserver, gitRepository(namespace, "in-both", { status: "True" }));
    for (const id of [clusterId, twin])
      await until("both have it", async () => (await rows(id)).get("GitRepository/in-both")?.word === "Ready");
    const before = [...(await rows()).keys()];
    await unregister(twin);
    await until("its rows are gone", async () => (await rows(twin)).size === 0);
    expect([...(await rows()).keys()]).toEqual(before);
    expect(await fleet.cluster(twin).catch((error: { code: string }) => error.code)).toBe("CLUSTER_NOT_FOUND");
  });

  test("a kind whose definition is deleted is shown absent, and comes back when it is installed again", async () => {
    const definition = await kubeRequest<KubeObject>(apiserver, "GET", `${CRDS}/${RECEIVERS}`);
    await createObject(apiserver, receiver(namespace));
    await untilRow("Receiver/hook", () => true);
    await kubeRequest(apiserver, "DELETE", `${CRDS}/${RECEIVERS}`);
    await until(
      "the kind is absent",
      async () => (await kindState(fixture.database, clusterId, "Receiver")) === "absent",
    );
    await until("its rows are gone", async () => !(await rows()).has("Receiver/hook"));
    expect((await rows()).has("GitRepository/fleet")).toBe(true);

    const { name, annotations, labels } = definition.metadata;
    await until("the definition can be made anew", async () => {
      await kubeRequest(apiserver, "POST", `${CRDS}/customresourcedefinitions`, {
        apiVersion: definition.apiVersion,
        kind: definition.kind,
        metadata: { name, annotations, labels },
        spec: definition.spec,
      });
      return true;
    });
    await until("objects can be made again", () => createObject(apiserver, receiver(namespace)).then(() => true));
    await until("the kind is found", async () => {
      await fleet.periodic();
      return (await kindState(fixture.database, clusterId, "Receiver")) === "watched";
    });
    await untilRow("Receiver/hook", () => true);
  });

  test("rows of a kind that went while nobody watched are taken away", async () => {
    const { sql } = fixture.database;
    await sql`
      update flux_resources set kind = 'FluxInstance', "group" = 'fluxcd.controlplane.io', api_version = 'fluxcd.controlplane.io/v1'
      where cluster_id = ${clusterId} and name = 'in-both'`;
    await fleet.resync(clusterId);
    await until("the row is gone", async () => !(await rows()).has("FluxInstance/in-both"));
    expect((await rows()).has("GitRepository/in-both")).toBe(true);
  });
});

function clusterRole(name: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    rules: [{ apiGroups: groups, resources: ["*"], verbs: ["get", "list", "watch"] }],
  };
}

function clusterRoleBinding(role: string, user: string): KubeObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: role },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  };
}

function receiver(namespace: string): KubeObject {
  return {
    apiVersion: "notification.toolkit.fluxcd.io/v1",
    kind: "Receiver",
    metadata: { name: "hook", namespace },
    spec: {
      type: "generic",
      secretRef: { name: "hook" },
      resources: [{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", name: "fleet" }],
    },
  };
}
