import { expect, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { startSimulatedFleet, until } from "@flux-orchestrator/testing";
import { clusterRow, startTestFleet, testKeyring } from "../test-clusters.ts";
import { insertCluster } from "../test-fleet.ts";

const fixture = useDatabase();

test("a resync asked for while a start reads where its watches were lists every kind all the same", async () => {
  const { database } = fixture;
  await using simulated = await startSimulatedFleet({ clusters: 1, objects: 20, rate: 0 });
  const [cluster] = simulated.clusters;
  const { server, ca, token } = cluster!;
  const keyring = testKeyring();
  const clusterId = await insertCluster(database, { target: { server, ca, token }, keyring });
  const first = await startTestFleet(database, keyring);
  await until("it is live", async () => (await clusterRow(database, clusterId)).stream === "live");
  await first.fleet.stop();
  const lists = () => cluster!.requests()["list"] ?? 0;
  const [atFirst, reading] = [lists(), Promise.withResolvers<void>()];
  const held = database.sql.begin(async (tx) => {
    await tx`lock table cluster_cursors`;
    await reading.promise;
  });

  const { fleet } = await startTestFleet(database, keyring);
  await until("it waits for its versions", async () => {
    const [waiting] = await database.sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and query like '%from cluster_cursors%'`;
    return waiting !== undefined;
  });
  const resynced = fleet.resync(clusterId);
  reading.resolve();
  await held;
  expect((await resynced).failedKinds).toEqual([]);
  expect(lists()).toBeGreaterThanOrEqual(2 * atFirst);
  await fleet.stop();
}, 180_000);
