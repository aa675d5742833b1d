import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import {
  createNamespace,
  createObject,
  deleteObject,
  installFluxCrds,
  type KubeApiserver,
  kubeRequest,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { clusterRow, gitRepository, objectRows, startTestFleet, targetOf, testKeyring } from "../test-clusters.ts";
import { insertCluster } from "../test-fleet.ts";

setDefaultTimeout(180_000);

describe.skipIf(!(await requirement("kube-apiserver")))("a start after a stop", () => {
  const fixture = useDatabase();
  const keyring = testKeyring();
  let apiserver: KubeApiserver;
  let clusterId: string;
  let namespace: string;

  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    namespace = await createNamespace(apiserver);
    clusterId = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring });
  });
  afterAll(async () => {
    await apiserver?.stop();
  });

  const startLive = async () => {
    const started = await startTestFleet(fixture.database, keyring);
    await until("the cluster is live", async () => (await clusterRow(fixture.database, clusterId)).stream === "live");
    return started.fleet;
  };
  /** What the API server itself counts: lists of Flux kinds since it started. */
  const listsServed = async () => {
    const metrics = await kubeRequest<string>(apiserver, "GET", "/metrics");
    return [...metrics.matchAll(/^apiserver_request_total\{([^}]*)\} (\d+)/gm)]
      .filter(([, labels]) => labels?.includes('verb="LIST"') && labels.includes("toolkit.fluxcd.io"))
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  };
  const versions = async () =>
    Object.fromEntries(
      (
        await fixture.database.sql<{ name: string; xmin: string }[]>`
          select name, xmin::text from flux_resources where cluster_id = ${clusterId} order by name`
      ).map(({ name, xmin }) => [name, xmin]),
    );

  test("lists nothing: each watch goes on where it was, and tells what happened meanwhile", async () => {
    const first = await startLive();
    for (const name of ["kept", "removed"])
      await createObject(apiserver, gitRepository(namespace, name, { status: "True" }));
    const removed = { ...gitRepository(namespace, "removed") };
    await until("both are stored", async () => (await objectRows(fixture.database, clusterId, namespace)).size === 2);
    await first.stop();
    const [listsBefore, before] = [await listsServed(), await versions()];
    expect(listsBefore).toBeGreaterThan(0);

    await deleteObject(apiserver, removed);
    await createObject(apiserver, gitRepository(namespace, "made", { status: "True" }));
    const second = await startLive();
    await until("what happened meanwhile is stored", async () => {
      const rows = await objectRows(fixture.database, clusterId, namespace);
      return rows.has("GitRepository/made") && !rows.has("GitRepository/removed");
    });
    expect(await listsServed()).toBe(listsBefore);
    expect((await versions()).kept).toBe(before.kept!);
    await second.stop();
  });

  test("with another credential every kind is listed, whatever was reached before", async () => {
    const fleet = await startLive();
    const before = await listsServed();
    fleet.changed(clusterId);
    await until("every kind was listed", async () => (await listsServed()) > before);
    await until("the cluster is live", async () => (await clusterRow(fixture.database, clusterId)).stream === "live");
    await fleet.stop();
  });

  test("a resync lists every kind, and without news it writes no row", async () => {
    const fleet = await startLive();
    const [lists, before] = [await listsServed(), await versions()];
    expect(await fleet.resync(clusterId)).toEqual({ count: 2, failedKinds: [] });
    expect(await listsServed()).toBeGreaterThan(lists);
    expect(await versions()).toEqual(before);
    await fleet.stop();
  });
});
