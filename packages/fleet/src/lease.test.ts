import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "@flux-orchestrator/testing";
import { recordingLog, testLease } from "./test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const expiryOf = async (replicaId: string): Promise<Date | undefined> =>
  (await fixture.database.sql<{ at: Date }[]>`select expires_at as at from replicas where id = ${replicaId}::uuid`)[0]
    ?.at;

test("a living process renews its lease, and gives it back when it stops", async () => {
  const lease = testLease(fixture.database);
  const { replicaId } = lease.options;
  await lease.start();
  const first = (await expiryOf(replicaId))!;
  await until("the lease is renewed", async () => (await expiryOf(replicaId))! > first);
  await lease.stop();
  expect(await expiryOf(replicaId)).toBeUndefined();
});

test("a process that was taken for dead learns which clusters it lost, though nothing changes in them", async () => {
  const { database } = fixture;
  const [taken, kept] = [crypto.randomUUID(), crypto.randomUUID()];
  const lost: string[] = [];
  const log = recordingLog();
  const lease = testLease(database, { log, onLost: (id) => lost.push(id) });
  const next = testLease(database);
  await lease.start();
  for (const id of [taken, kept]) await lease.claim(id);
  await next.start();
  await database.sql.begin(async (tx) => {
    // In one transaction: the living process would renew in between.
    await tx`update replicas set expires_at = clock_timestamp() - interval '1 second' where id = ${lease.options.replicaId}::uuid`;
    await tx`update cluster_owners set owner = ${next.options.replicaId}::uuid, epoch = epoch + 1 where cluster_id = ${taken}::uuid`;
  });
  await until("the loss is noticed", () => lost.length > 0);
  expect(lost).toEqual([taken]);
  expect(log.lines).toEqual([]);
  await Promise.all([lease.stop(), next.stop()]);
});
