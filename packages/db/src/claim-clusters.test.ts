import { expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { claimClusters } from "./claim-clusters.ts";
import { useDatabase } from "./test-database.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const sql = () => fixture.database.sql;

async function replica(secondsLeft = 60): Promise<string> {
  const id = randomUUID();
  await sql()`
    insert into replicas (id, host, pid, expires_at)
    values (${id}, 'test', 1, clock_timestamp() + ${secondsLeft} * interval '1 second')`;
  return id;
}

test("of many that claim a cluster at once one gets it", async () => {
  const clusterId = randomUUID();
  const replicas = await Promise.all(Array.from({ length: 8 }, () => replica()));
  const claims = await Promise.all(replicas.map((id) => claimClusters(sql(), id, [clusterId])));
  expect(claims.flat()).toEqual([{ clusterId, epoch: 1 }]);
});

test("claiming what one owns changes nothing", async () => {
  const [clusterId, owner] = [randomUUID(), await replica()];
  const first = await claimClusters(sql(), owner, [clusterId]);
  expect(await claimClusters(sql(), owner, [clusterId])).toEqual(first);
});

test("what a dead replica owned is taken over in a new epoch, what a living one owns is not", async () => {
  const [ofDead, ofLiving, free] = [randomUUID(), randomUUID(), randomUUID()];
  const [dead, living, next] = [await replica(-1), await replica(), await replica()];
  await claimClusters(sql(), dead, [ofDead]);
  await claimClusters(sql(), living, [ofLiving]);
  const claimed = await claimClusters(sql(), next, [ofDead, ofLiving, free]);
  expect(new Map(claimed.map(({ clusterId, epoch }) => [clusterId, epoch]))).toEqual(
    new Map([
      [ofDead, 2],
      [free, 1],
    ]),
  );
});

test("an owner without a row is dead", async () => {
  const clusterId = randomUUID();
  await claimClusters(sql(), randomUUID(), [clusterId]);
  expect(await claimClusters(sql(), await replica(), [clusterId])).toEqual([{ clusterId, epoch: 2 }]);
});

test("asking for a living replica's cluster waits for none of its flushes", async () => {
  const [clusterId, owner] = [randomUUID(), await replica()];
  await claimClusters(sql(), owner, [clusterId]);
  const other = await replica();
  await sql().begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for share`;
    // Would wait for this very transaction if it took a lock.
    expect(await claimClusters(sql(), other, [clusterId])).toEqual([]);
  });
});
