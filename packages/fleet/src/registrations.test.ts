import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendLog, type LogEntry } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type SimulatedCluster, type SimulatedFleet, startSimulatedFleet, until } from "@flux-orchestrator/testing";
import type { Fleet } from "./start-fleet.ts";
import { clusterRow, startTestFleet, testKeyring } from "./test-clusters.ts";
import { insertCluster } from "./test-fleet.ts";

setDefaultTimeout(180_000);
let simulated: SimulatedFleet;
/** Processes on one database: the first registers, the other is only told of it. */
let [here, there]: [Fleet | undefined, Fleet | undefined] = [undefined, undefined];
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await simulated.stop();
});
const fixture = useDatabase();
const keyring = testKeyring();
const place = (id: string) => ({ table: "cluster_credentials", row: id, column: "sealed" });
const targetOf = ({ server, ca, token }: SimulatedCluster) => ({ server, ca, token });
const [first, second] = [() => simulated.clusters[0]!, () => simulated.clusters[1]!];

beforeAll(async () => {
  simulated = await startSimulatedFleet({ clusters: 2, objects: 20, rate: 0 });
  ({ fleet: here } = await startTestFleet(fixture.database, keyring));
  ({ fleet: there } = await startTestFleet(fixture.database, keyring));
});

const register = () => insertCluster(fixture.database, { target: targetOf(first()), keyring });
async function tell(clusterId: string, op: LogEntry["op"]): Promise<void> {
  await fixture.database.sql.begin((tx) => appendLog(tx, [{ subject: "cluster", op, clusterId }]));
  here!.feed.announce();
}
const isLive = async (id: string) => (await clusterRow(fixture.database, id)).stream === "live";
/** What the fleet asks there, as it would be asked by an operation. */
const isKnown = (fleet: Fleet, id: string) =>
  fleet.cluster(id).then(
    () => true,
    () => false,
  );

test("a cluster registered by another process can be asked before anything was told of it", async () => {
  const id = await register();
  expect(await isKnown(there!, id)).toBe(true);
  await until("it is watched", () => isLive(id));
});

test("one registered by another process is watched once that is told, and one without a credential is not", async () => {
  const [id, bare] = [await register(), await insertCluster(fixture.database)];
  await tell(bare, "upsert");
  await tell(id, "upsert");
  await until("it is live", () => isLive(id));
  expect(await isKnown(there!, bare)).toBe(false);
});

test("one whose credential another process replaced is watched where the new one leads", async () => {
  const id = await register();
  here!.added(id);
  await until("it is live", () => isLive(id));
  const sealed = keyring.seal(place(id), JSON.stringify(targetOf(second())));
  await fixture.database.sql`update cluster_credentials set sealed = ${sealed} where cluster_id = ${id}::uuid`;
  await tell(id, "upsert");
  await until("the other one is watched", () => [...second().api.watches].length > 0);
  await until("it is live again", () => isLive(id));
});

test("one that another process removed is watched no more, and its rows are not this one's to drop", async () => {
  const id = await register();
  there!.added(id);
  await until("it is live", () => isLive(id));
  await fixture.database.sql`update clusters set deleted_at = now() where id = ${id}::uuid`;
  await fixture.database.sql`delete from cluster_credentials where cluster_id = ${id}::uuid`;
  await tell(id, "delete");
  await until("it can be asked no more", async () => !(await isKnown(there!, id)));
  const rows = await fixture.database.sql`select from flux_resources where cluster_id = ${id}::uuid limit 1`;
  expect(rows).toHaveLength(1);
});
