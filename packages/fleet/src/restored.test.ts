import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { createTransport, FluxClient, LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { type SimulatedCluster, startSimulatedFleet, until } from "@flux-orchestrator/testing";
import { clusterRow, startTestFleet, testKeyring } from "./test-clusters.ts";
import { insertCluster } from "./test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const SOURCE = { namespace: "flux-system", name: "flux-system" };
const SERVED = {
  ...{ group: "source.toolkit.fluxcd.io", version: "v1", plural: "gitrepositories", kind: "GitRepository" },
  ...{ namespaced: true, verbs: ["get", "patch"] },
};

/** Every table but partitions, which come with theirs. */
const tables = async () =>
  (
    await fixture.database.sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`
  ).map(({ name }) => name);

/** What `pg_dump` takes: every row as it is, in one snapshot. */
async function dump(): Promise<void> {
  const names = await tables();
  await fixture.database.sql.begin("isolation level repeatable read", async (tx) => {
    await tx`create schema dump`;
    for (const name of names) await tx`create table dump.${tx(name)} as table public.${tx(name)}`;
  });
}

/** What `pg_restore` does over the same database: the rows of now go, those of the dump come. */
async function restore(): Promise<void> {
  const names = await tables();
  await fixture.database.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`set local lock_timeout = 0`;
    // It locks every table in its own order: of it and a flush that wait for each other, the flush gives way and tries again.
    await tx`set local deadlock_timeout = '1min'`;
    await tx`truncate ${tx.unsafe(names.map((name) => `public.${name}`).join(", "))}`;
    for (const name of names)
      await tx`insert into public.${tx(name)} overriding system value select * from dump.${tx(name)}`;
  });
}

test("an older dump restored under a running process: clusters are listed anew, those it does not hold are left", async () => {
  const { database } = fixture;
  await using simulated = await startSimulatedFleet({ clusters: 2, objects: 40, rate: 0 });
  const keyring = testKeyring();
  const register = ({ server, ca, token }: SimulatedCluster) =>
    insertCluster(database, { target: { server, ca, token }, keyring });
  const [kept, later] = simulated.clusters as [SimulatedCluster, SimulatedCluster];
  const clusterId = await register(kept);
  const { fleet } = await startTestFleet(database, keyring);
  const isLive = async (id: string) => (await clusterRow(database, id)).stream === "live";
  const isSuspended = async () =>
    (
      await database.sql<{ suspended: boolean }[]>`
        select suspended from flux_resources
        where cluster_id = ${clusterId} and kind = ${SERVED.kind} and namespace = ${SOURCE.namespace} and name = ${SOURCE.name}`
    )[0]?.suspended;
  try {
    await until("it is live", () => isLive(clusterId));
    expect(await isSuspended()).toBe(false);
    await dump();

    const transport = createTransport(
      { server: kept.server, ca: kept.ca, token: kept.token },
      { egress: LOCAL_EGRESS },
    );
    await new FluxClient(transport).patch(SERVED, SOURCE, { spec: { suspend: true } });
    transport.close();
    await until("the change is stored", isSuspended);
    const laterId = await register(later);
    fleet.added(laterId);
    await until("the other is live", () => isLive(laterId));
    const told: boolean[] = [];
    fleet.feed.subscribe((batch) => told.push("resync" in batch));

    await restore();
    await until("the rows are what the cluster has", isSuspended);
    await until("the cluster is live again", () => isLive(clusterId));
    expect(told).toContain(true);
    await until("the other is watched no more", () =>
      fleet.cluster(laterId).then(
        () => false,
        () => true,
      ),
    );
    expect(await database.sql`select from flux_resources where cluster_id = ${laterId}`).toHaveLength(0);
  } finally {
    await fleet.stop();
  }
});
