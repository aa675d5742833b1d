import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { kustomization, seenIn, startFlusher, testLease } from "../test-fleet.ts";
import { sweep } from "./sweep.ts";
import { writeBatch } from "./write-batch.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const nowMs = Date.parse("2026-01-02T03:04:06Z");
const object = kustomization({ name: "app", version: 1, ready: "True" });

/** The process that had the lease froze: for the others it is dead. */
const expire = (replicaId: string) =>
  fixture.database
    .sql`update replicas set expires_at = clock_timestamp() - interval '1 second' where id = ${replicaId}::uuid`;
const rowsOf = async (clusterId: string) =>
  (await fixture.database.sql`select from flux_resources where cluster_id = ${clusterId}`).length;

test("a cluster belongs to the process that claimed it, until that one is gone", async () => {
  const { database } = fixture;
  const clusterId = crypto.randomUUID();
  const [first, second] = [testLease(database), testLease(database)];
  await first.start();
  await second.start();
  await first.claim(clusterId);
  expect(first.fenceOf(clusterId)).toEqual({ clusterId, epoch: 1 });
  await second.claim(clusterId);
  expect(second.fenceOf(clusterId)).toBeUndefined();
  await first.stop();
  await second.claim(clusterId);
  expect(second.fenceOf(clusterId)).toEqual({ clusterId, epoch: 2 });
  await second.stop();
});

test("a cluster that was taken over leaves the batch of its former owner, and the rest commits", async () => {
  const { database } = fixture;
  const [taken, kept] = [crypto.randomUUID(), crypto.randomUUID()];
  const [former, next] = [testLease(database), testLease(database)];
  await former.start();
  for (const id of [taken, kept]) await former.claim(id);
  await expire(former.options.replicaId);
  await next.start();
  await next.claim(taken);

  const fences = [former.fenceOf(taken)!, former.fenceOf(kept)!];
  const outcome = await writeBatch(database, [seenIn(taken, object), seenIn(kept, object)], { fences, nowMs });
  expect(outcome).toMatchObject({ lost: [taken], written: 1 });
  expect([await rowsOf(taken), await rowsOf(kept)]).toEqual([0, 1]);

  const now = await writeBatch(database, [seenIn(taken, object)], { fences: [next.fenceOf(taken)!], nowMs });
  expect(now).toMatchObject({ lost: [], written: 1 });
  const of = { clusterId: taken, group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
  expect(await sweep(database, of, { fence: fences[0]!, listed: [], nowMs })).toBe(0);
  expect(await rowsOf(taken)).toBe(1);
  await Promise.all([former.stop(), next.stop()]);
});

test("a takeover waits for the flush that is on its way", async () => {
  const { database } = fixture;
  const clusterId = crypto.randomUUID();
  const [former, next] = [testLease(database), testLease(database)];
  await former.start();
  await former.claim(clusterId);
  const order: string[] = [];
  let taking: Promise<unknown> = Promise.resolve();
  await database.sql.begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for share`;
    await expire(former.options.replicaId);
    await next.start();
    taking = next.claim(clusterId).then(() => order.push("taken over"));
    // The claim is seen waiting for a lock before the flush commits.
    for (let isWaiting = false; !isWaiting; )
      isWaiting =
        (await tx`select from pg_locks where not granted and locktype in ('transactionid', 'tuple')`).length > 0;
    order.push("flushed");
  });
  await taking;
  expect(order).toEqual(["flushed", "taken over"]);
  await Promise.all([former.stop(), next.stop()]);
});

test("the flusher says which cluster it lost, and stores nothing of it", async () => {
  const { database } = fixture;
  const [taken, kept] = [crypto.randomUUID(), crypto.randomUUID()];
  const lost: string[] = [];
  const { flusher, lease, stop } = await startFlusher(database, [taken, kept], { onLost: (id) => lost.push(id) });
  await expire(lease.options.replicaId);
  const next = testLease(database);
  await next.start();
  await next.claim(taken);
  await flusher.put(seenIn(taken, object));
  await flusher.put(seenIn(kept, object));
  await flusher.settled();
  expect(lost).toEqual([taken]);
  expect([await rowsOf(taken), await rowsOf(kept)]).toEqual([0, 1]);
  await stop();
  await next.stop();
});
