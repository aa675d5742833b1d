import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { appendLog, type ClusterLogEntry, connect, type LoggedChange, rotateChangeLog } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "@flux-orchestrator/testing";
import { FEED_CHANNEL, Feed } from "./feed.ts";
import { type RecordingLog, recordingLog } from "./test-fleet.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
let log: RecordingLog;
let feed: Feed;
let told: LoggedChange[];
let resyncs: { epoch: string; number: number }[];

beforeEach(async () => {
  log = recordingLog();
  feed = new Feed(fixture.database, log);
  told = [];
  resyncs = [];
  await feed.start();
  feed.subscribe((batch) => {
    if ("resync" in batch) resyncs.push(batch.position);
    else told.push(...batch.changes);
  });
});
afterEach(() => feed.stop());

const entry = (clusterId: string = crypto.randomUUID()): ClusterLogEntry => ({
  subject: "cluster",
  op: "upsert",
  clusterId,
});
const append = (...entries: ClusterLogEntry[]) => fixture.database.sql.begin((tx) => appendLog(tx, entries));
const listeners = () =>
  fixture.database.sql<{ pid: number }[]>`
    select pid from pg_stat_activity where query ilike 'listen%' and datname = current_database()`;

test("four writers at once: every entry is told once, in the order of its number", async () => {
  const { sql } = fixture.database;
  const { number: before } = await append(entry());
  await until("the first is told", () => told.length === 1);
  const written: string[] = [];
  const writer = async () => {
    for (let turn = 0; turn < 50; turn++) {
      const entries = Array.from({ length: 1 + (turn % 3) }, () => entry());
      written.push(...entries.map(({ clusterId }) => clusterId));
      await sql.begin(async (tx) => {
        // Work of differing length before the log, as flushes have.
        await tx`select count(*) from generate_series(1, ${(turn % 7) * 10_000})`;
        await appendLog(tx, entries);
        return tx`select count(*) from generate_series(1, ${(turn % 5) * 10_000})`;
      });
      feed.nudge();
    }
  };
  await Promise.all([writer(), writer(), writer(), writer()]);
  await until("all are told", () => told.length === written.length + 1);
  expect(told.map(({ number }) => number)).toEqual(told.map((_, index) => before + index));
  expect(
    told
      .slice(1)
      .map(({ clusterId }) => clusterId)
      .sort(),
  ).toEqual(written.sort());
  expect(resyncs).toEqual([]);
});

test("more than one read takes is told to its end", async () => {
  await append(...Array.from({ length: 2_500 }, () => entry()));
  feed.nudge();
  await until("all are told", () => told.length === 2_500);
});

test("a reader so late that the log turned past it reads everything anew, and goes on from there", async () => {
  const { sql, target } = fixture.database;
  const slow = connect(target, { max: 1 });
  const late = new Feed(slow, log);
  await late.start();
  const heard: unknown[] = [];
  late.subscribe((batch) => heard.push("resync" in batch ? "resync" : batch.changes.length));
  const release = Promise.withResolvers<void>();
  // Its one connection is busy: it cannot read.
  const busy = slow.sql.begin(() => release.promise);
  await append(entry());
  for (let turn = 0; turn < 4; turn++) expect(await rotateChangeLog(sql, { keepMs: 0 })).toBe(true);
  release.resolve();
  await busy;
  late.nudge();
  await until("everything has to be read anew", () => heard.length > 0);
  await append(entry());
  late.nudge();
  await until("the feed goes on", () => heard.length > 1);
  expect(heard).toEqual(["resync", 1]);
  await late.stop();
  await slow.close();
});

test("changes that are told long after they were written are late, until the next are on time", async () => {
  const { sql } = fixture.database;
  expect(feed.lagMs()).toBe(0);
  const lags: number[] = [];
  feed.subscribe(() => lags.push(feed.lagMs()));
  await sql.begin(async (tx) => {
    await appendLog(tx, [entry()]);
    await tx`update change_log set at = at - interval '90 seconds' where number = (select number from feed_head)`;
  });
  await until("it is told", () => lags.length === 1);
  expect(lags[0]).toBeGreaterThanOrEqual(90_000);
  await until("nothing is late any more", () => feed.lagMs() === 0);
  await append(entry());
  feed.nudge();
  await until("the next is told", () => lags.length === 2);
  expect(lags[1]).toBe(0);
});

test("a log that cannot be read is late for as long", async () => {
  const { sql } = fixture.database;
  await sql`alter table feed_head rename to feed_head_away`;
  try {
    await until("it is late", () => feed.lagMs() > 0);
  } finally {
    await sql`alter table feed_head_away rename to feed_head`;
  }
  await until("it is on time again", () => feed.lagMs() === 0);
});

test("a restored database makes everybody read anew, in its own epoch, and says so once", async () => {
  const { sql } = fixture.database;
  let restores = 0;
  feed.onRestored(() => restores++);
  await sql`update feed_head set epoch = 'restored', number = 7, floor = 0`;
  feed.nudge();
  await until("everything has to be read anew", () => resyncs.length > 0);
  expect(resyncs).toEqual([{ epoch: expect.not.stringMatching("restored"), number: 7 }]);
  await sql`truncate change_log`;
  await append(entry());
  feed.nudge();
  await until("the feed goes on", () => told.length > 0);
  expect(told.map(({ number }) => number)).toEqual([8]);
  expect(restores).toBe(1);
});

test("a lost notification is found by the poll, and listening begins again by itself", async () => {
  const { sql } = fixture.database;
  const [before] = await listeners();
  await sql`select pg_terminate_backend(${before!.pid})`;
  await append(entry());
  await until("the poll finds it", () => told.length === 1);
  await until("it listens again", async () => (await listeners()).some(({ pid }) => pid !== before!.pid));
  await append(entry());
  await sql.notify(FEED_CHANNEL, "");
  await until("it is told again", () => told.length === 2);
});

test("a listener that fails takes nothing from the others", async () => {
  const others: number[] = [];
  feed.subscribe(() => {
    throw new Error("broken");
  });
  const end = feed.subscribe((batch) => others.push("resync" in batch ? 0 : batch.changes.length));
  await append(entry());
  feed.nudge();
  await until("both are told", () => others.length === 1 && told.length === 1);
  expect(log.lines).toEqual(["error: a listener of the change feed failed"]);
  end();
  await append(entry());
  feed.nudge();
  await until("the other one is told", () => told.length === 2);
  expect(others).toEqual([1]);
});

test("a stopped feed leaves no connection", async () => {
  expect(await listeners()).toHaveLength(1);
  await feed.stop();
  await until("nobody listens", async () => (await listeners()).length === 0);
});
