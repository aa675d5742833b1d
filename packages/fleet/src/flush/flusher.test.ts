import { expect, setDefaultTimeout, test } from "bun:test";
import type { Sql } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "@flux-orchestrator/testing";
import { type FlushFacts, NO_METRICS } from "../metrics.ts";
import { goneFrom, kustomization, seenIn, startFlusher } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const namesOf = async (clusterId: string) =>
  (
    await fixture.database.sql<{ name: string }[]>`
    select name from flux_resources where cluster_id = ${clusterId} order by name`
  ).map(({ name }) => name);
const rowOf = async (clusterId: string) =>
  (
    await fixture.database.sql<{ version: string; word: string; message: string }[]>`
    select resource_version as version, word, message from flux_resources where cluster_id = ${clusterId}`
  )[0];

/** Keeps every flush of a cluster waiting until it is released. */
async function holdBack(sql: Sql, clusterId: string): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const done = sql.begin(async (tx) => {
    await tx`select from cluster_owners where cluster_id = ${clusterId} for update`;
    held.resolve();
    await release.promise;
  });
  await held.promise;
  return async () => {
    release.resolve();
    await done;
  };
}
const isHeldBack = async () => (await fixture.database.sql`select from pg_locks where not granted`).length > 0;

test("the last state of an object wins, and is written once", async () => {
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  for (const version of [1, 2, 3])
    await flusher.put(seenIn(clusterId, kustomization({ name: "app", version, ready: "True" })));
  await flusher.settled();
  expect(await rowOf(clusterId)).toMatchObject({ version: "3", word: "Ready" });
  expect(await fixture.database.sql`select from change_log where cluster_id = ${clusterId}`).toHaveLength(1);
  await flusher.put(goneFrom(clusterId, kustomization({ name: "app", version: 3 })));
  await flusher.settled();
  expect(await rowOf(clusterId)).toBeUndefined();
  await stop();
});

test("a database that fails once loses nothing: the whole flush is repeated", async () => {
  const { sql } = fixture.database;
  const clusterId = crypto.randomUUID();
  await sql.unsafe(`
    create sequence failures;
    create function fail_once() returns trigger language plpgsql as $$ begin
      if nextval('failures') = 1 then raise exception 'no space left' using errcode = 'disk_full'; end if;
      return null;
    end $$;
    create trigger fail_once after insert on resource_transitions for each statement execute function fail_once();`);
  const flushes: Omit<FlushFacts, "ms">[] = [];
  const metrics = { ...NO_METRICS, flush: ({ ms: _ms, ...facts }: FlushFacts) => void flushes.push(facts) };
  const { flusher, log, stop } = await startFlusher(fixture.database, [clusterId], { metrics });
  for (const name of ["a", "b"])
    await flusher.put(seenIn(clusterId, kustomization({ name, version: 1, ready: "True" })));
  await flusher.settled();
  await sql.unsafe("drop trigger fail_once on resource_transitions");
  expect(log.lines).toEqual(["warn: a flush failed; it is repeated"]);
  expect(flushes).toEqual([
    { changes: 2, written: 0, failed: true },
    { changes: 2, written: 2, failed: false },
  ]);
  expect(await namesOf(clusterId)).toEqual(["a", "b"]);
  expect(await sql`select from resource_transitions where cluster_id = ${clusterId}`).toHaveLength(2);
  await stop();
});

test("an object that Postgres cannot hold is left out alone", async () => {
  const [clusterId, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const told: unknown[] = [];
  const metrics = {
    ...NO_METRICS,
    flush: ({ failed }: FlushFacts) => void (failed && told.push("failed")),
    leftOut: (...facts: unknown[]) => void told.push(facts),
  };
  const { flusher, log, stop } = await startFlusher(fixture.database, [clusterId, other], { metrics });
  const names = Array.from({ length: 9 }, (_, index) => `app-${index}`);
  for (const name of names) {
    const odd = name === "app-4" ? { generation: 1e30 } : {};
    await flusher.put(seenIn(clusterId, kustomization({ name, version: 1, ready: "True", ...odd })));
  }
  await flusher.put(seenIn(other, kustomization({ name: "app", version: 1, ready: "True" })));
  await flusher.settled();
  expect(log.lines).toEqual(["error: an object cannot be stored; it is left out until it changes"]);
  expect(told).toEqual([["unstorable", 1]]);
  expect(await namesOf(clusterId)).toEqual(names.filter((name) => name !== "app-4"));
  expect(await namesOf(other)).toEqual(["app"]);
  await stop();
});

test("while too much waits, whoever puts waits too, and nothing is dropped", async () => {
  const { sql } = fixture.database;
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  const release = await holdBack(sql, clusterId);
  const put = (index: number) => flusher.put(seenIn(clusterId, kustomization({ name: `app-${index}`, version: 1 })));
  const first = Array.from({ length: 5_000 }, (_, index) => put(index));
  expect(first.every((waits) => waits === undefined)).toBe(true);
  await until("a flush waits for the database", isHeldBack);
  const rest = Array.from({ length: 1_000 }, (_, index) => put(5_000 + index));
  const full = rest.at(-1);
  expect(full).toBeInstanceOf(Promise);
  expect(Bun.peek.status(full as Promise<void>)).toBe("pending");
  await release();
  await full;
  await flusher.settled();
  expect(await sql`select from flux_resources where cluster_id = ${clusterId}`).toHaveLength(6_000);
  await stop();
}, 180_000);

test("settled waits for what was put before, however much comes after", async () => {
  const clusterId = crypto.randomUUID();
  let next = 0;
  const put = () => void flusher.put(seenIn(clusterId, kustomization({ name: `app-${next++}`, version: 1 })));
  // The next change is there before the one before is told as stored: something waits at every moment.
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { onWritten: () => next < 200 && put() });
  put();
  await flusher.settled();
  expect(next).toBeLessThan(200);
  expect(await namesOf(clusterId)).toContain("app-0");
  await stop();
});

test("what waits for a forgotten cluster is neither stored nor waited for", async () => {
  const { sql } = fixture.database;
  const [clusterId, blocker] = [crypto.randomUUID(), crypto.randomUUID()];
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId, blocker]);
  const release = await holdBack(sql, blocker);
  await flusher.put(seenIn(blocker, kustomization({ name: "app", version: 1 })));
  await until("a flush waits for the database", isHeldBack);
  await flusher.put(seenIn(clusterId, kustomization({ name: "app", version: 1 })));
  flusher.forget(clusterId);
  await release();
  await flusher.settled();
  expect([await namesOf(clusterId), await namesOf(blocker)]).toEqual([[], ["app"]]);
  await stop();
});

test("stop stores what waits", async () => {
  const clusterId = crypto.randomUUID();
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  void flusher.put(seenIn(clusterId, kustomization({ name: "app", version: 1 })));
  await stop();
  expect(await namesOf(clusterId)).toEqual(["app"]);
});

test("a state that waits for its half minute never replaces a newer one", async () => {
  const { sql } = fixture.database;
  const clusterId = crypto.randomUUID();
  const state = (version: number, message: string, revision?: string) =>
    seenIn(clusterId, kustomization({ name: "app", version, ready: "False", message, ...(revision && { revision }) }));
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId]);
  await flusher.put(state(1, "one"));
  await flusher.settled();
  const release = await holdBack(sql, clusterId);
  await flusher.put(state(2, "two"));
  await until("a flush waits for the database", isHeldBack);
  await flusher.put(state(3, "three", "main@sha1:aaaaaaa"));
  await release();
  await flusher.settled();
  // Whatever still waited for this object would be judged instead of the stored document.
  await flusher.put({ change: "recheck", key: state(3, "three").key });
  await flusher.settled();
  expect(await rowOf(clusterId)).toMatchObject({ version: "3", message: "three" });
  await stop();
});

test("a look at the clock judges what waits for its half minute, not the older document", async () => {
  const clusterId = crypto.randomUUID();
  let nowMs = Date.parse("2026-01-02T03:04:06Z");
  const { flusher, stop } = await startFlusher(fixture.database, [clusterId], { now: () => nowMs });
  const state = (version: number, ready: "True" | "Unknown") =>
    seenIn(clusterId, kustomization({ name: "app", version, ready }));
  await flusher.put(state(1, "True"));
  await flusher.settled();
  nowMs += 40_000;
  await flusher.put(state(2, "Unknown"));
  await flusher.settled();
  nowMs += 5_000;
  // Ready again, within the half minute: nothing is written.
  await flusher.put(state(3, "True"));
  await flusher.settled();
  expect(await rowOf(clusterId)).toMatchObject({ version: "2", word: "Ready" });
  nowMs += 20_000;
  await flusher.put({ change: "recheck", key: state(3, "True").key });
  await flusher.settled();
  expect(await rowOf(clusterId)).toMatchObject({ version: "3", word: "Ready" });
  expect(await fixture.database.sql`select from resource_transitions where cluster_id = ${clusterId}`).toHaveLength(1);
  await stop();
});
