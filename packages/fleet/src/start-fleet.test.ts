import { expect, test } from "bun:test";
import { connect } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { startPostgresFaultProxy, until } from "@flux-orchestrator/testing";
import { clusterRow, startTestFleet, testKeyring } from "./test-clusters.ts";
import { insertCluster } from "./test-fleet.ts";

const fixture = useDatabase();

test("a database that goes away during the start costs time, never a cluster", async () => {
  const { target } = fixture.database;
  if (!("socketDir" in target)) throw new Error("the tests' server has a socket");
  await using proxy = await startPostgresFaultProxy({ path: `${target.socketDir}/.s.PGSQL.5432` });
  const database = connect({ url: `postgres://${target.user}@127.0.0.1:${proxy.port}/${target.database}` });
  const keyring = testKeyring();
  // Nobody answers there: that much has to be found out.
  const reached = { server: "https://127.0.0.1:1", token: "token" };
  const clusterId = await insertCluster(fixture.database, { target: reached, keyring });
  const { fleet, log } = await startTestFleet(database, keyring);
  await proxy.inject({ fault: "refuse" });
  await proxy.inject({ fault: "reset" });
  await until("the clusters could not be claimed", () => log.lines.some((line) => line.includes("claimed together")));
  await proxy.heal();
  await until("the cluster is looked for", async () => {
    const { problem } = await clusterRow(fixture.database, clusterId);
    return problem?.code === "CLUSTER_UNREACHABLE";
  });
  expect(log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  await fleet.stop();
  await database.close();
}, 180_000);
