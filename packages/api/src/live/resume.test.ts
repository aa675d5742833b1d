import { afterEach, describe, expect, test } from "bun:test";
import { appendLog, rotateChangeLog } from "@flux-orchestrator/db";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { dropRows, insertCluster, storeRows, tellCluster } from "../../test/rows.ts";
import { openWatcher, type Watcher } from "../../test/watcher.ts";
import { openStream } from "../open-stream.ts";
import { watch } from "./watch.ts";

const fixture = useApi();
const opened: Watcher[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((watcher) => watcher.close()));
});
async function open(clusterId: string, lastEventId?: string): Promise<Watcher> {
  const topics = [{ topic: "query" as const, filter: { cluster: [clusterId] } }];
  const watcher = await openWatcher(fixture, { topics, ...(lastEventId === undefined ? {} : { lastEventId }) });
  opened.push(watcher);
  return watcher;
}
const namesOf = (watcher: Watcher) =>
  watcher.frames("changes").flatMap(({ changes }) => changes.map(({ op, name }) => `${op} ${name}`));
const numberOf = (cursor: string) => Number(cursor.split(".")[1]);

test("a client that comes back with its last event id is told what it missed, and what comes after it", async () => {
  const clusterId = await insertCluster(fixture.database);
  const before = await open(clusterId);
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "told" }]);
  await before.until("changes");
  await before.until("ping");
  const last = before.cursor;
  await before.close();

  await storeRows(fixture.database, [{ clusterId, name: "missed" }]);
  await dropRows(fixture.database, [id!]);
  const after = await open(clusterId, last);
  expect(after.told[0]).toMatchObject({ id: last, frame: { type: "hello", cursor: last } });
  await after.until("changes");
  expect(namesOf(after).sort()).toEqual(["delete told", "upsert missed"]);
  expect(numberOf(after.cursor)).toBe(numberOf(last) + 2);
  await storeRows(fixture.database, [{ clusterId, name: "next" }]);
  await until("the next is told", () => namesOf(after).includes("upsert next"));
});

test("a client that missed nothing is told nothing again", async () => {
  const clusterId = await insertCluster(fixture.database);
  await storeRows(fixture.database, [{ clusterId, name: "known" }]);
  const before = await open(clusterId);
  await before.close();
  const after = await open(clusterId, before.cursor);
  await after.until("ping");
  expect(after.told.map(({ frame }) => frame.type)).toEqual(["hello", "ping"]);
});

test("wherever a stream breaks off, only the stretch that was not finished is told again, and nothing is lost", async () => {
  const clusterId = await insertCluster(fixture.database);
  const live = await open(clusterId);
  const start = live.cursor;
  const others = await Promise.all([1, 2, 3].map(() => insertCluster(fixture.database)));
  // One stretch of several frames: changes, and a frame for each cluster.
  await storeRows(fixture.database, [
    { clusterId, name: "a", word: "Failed" },
    ...others.map((other) => ({ clusterId: other, name: "x" })),
  ]);
  // Those who are connected have it already: what is read below is replayed.
  await live.until("changes");
  const topics = [{ topic: "query" as const, filter: { cluster: [clusterId] } }];
  const readFrom = async (lastEventId: string, count: number) => {
    const frames = openStream(watch, fixture.call(), { topics, lastEventId });
    const told = [];
    while (told.length < count) {
      const { value } = await frames.next();
      if (value !== undefined && value.frame.type !== "hello") told.push(value);
    }
    await frames.return(undefined);
    return told;
  };
  const whole = await readFrom(start, 5);
  expect(whole.map(({ frame }) => frame.type)).toEqual(["changes", "cluster", "cluster", "cluster", "cluster"]);
  expect(whole.map(({ id }) => id === start)).toEqual([true, true, true, true, false]);
  for (let cut = 1; cut < 5; cut++) {
    const part = await readFrom(start, cut);
    expect(await readFrom(part.at(-1)!.id, 5)).toEqual(whole);
  }
  const done = await readFrom(start, 5);
  const [next] = await readFrom(done.at(-1)!.id, 1);
  expect(next?.frame.type).toBe("ping");
});

test("a reader to whom nothing is told moves on all the same, so that coming back costs nothing", async () => {
  const [quiet, busy] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
  const watcher = await open(quiet);
  const write = (turn: number) =>
    storeRows(
      fixture.database,
      Array.from({ length: 400 }, (_, index) => ({ clusterId: busy, name: `app-${index}`, message: String(turn) })),
    );
  await write(0);
  await watcher.until("cluster");
  const start = numberOf(watcher.cursor);
  // The same word: not even the cluster changes.
  for (let turn = 1; turn <= 3; turn++) await write(turn);
  await until("the quiet reader has moved on", () => numberOf(watcher.cursor) >= start + 1200);
  const last = watcher.cursor;
  await watcher.close();
  const again = await open(quiet, last);
  await again.until("ping");
  expect(again.frames("resync")).toEqual([]);
});

describe("what can no longer be told", () => {
  let told = 0;
  const answersResync = async (clusterId: string, lastEventId: string) => {
    const watcher = await open(clusterId, lastEventId);
    const { reason } = await watcher.until("resync");
    const { frame } = watcher.told[0]!;
    await watcher.until("ping");
    expect(watcher.cursor).toMatch(/^[0-9a-f]+\.\d+$/);
    await storeRows(fixture.database, [{ clusterId, name: `afterwards-${++told}` }]);
    await watcher.until("changes");
    return { reason, hello: frame.type === "hello" ? frame.cursor : "" };
  };

  test("a cursor of another epoch, ahead of the feed, or no cursor at all: everything is to be fetched anew", async () => {
    const clusterId = await insertCluster(fixture.database);
    const { cursor } = await open(clusterId);
    const [epoch] = cursor.split(".") as [string];
    const givens = ["0000.1", `${epoch}.999999999`, "q7mark5z", "", "x\nevent: y", `${epoch}.-1`, `${epoch}.1e3`];
    const answers = await Promise.all(givens.map((given) => answersResync(clusterId, given)));
    expect(answers.map(({ reason }) => reason)).toEqual(givens.map(() => "What happened since can no longer be told."));
    // What was no cursor is not handed back as one.
    for (const { hello } of answers) expect(hello).toMatch(/^[0-9a-f]+\.\d+$/);
  });

  test("more than 1,000 entries since", async () => {
    const clusterId = await insertCluster(fixture.database);
    const { cursor } = await open(clusterId);
    const entries = Array.from({ length: 1001 }, () => ({
      subject: "cluster" as const,
      op: "upsert" as const,
      clusterId,
    }));
    await fixture.database.sql.begin((tx) => appendLog(tx, entries));
    expect((await answersResync(clusterId, cursor)).reason).toBe("Too much happened since.");
  });

  test("a log that was turned over meanwhile", async () => {
    const clusterId = await insertCluster(fixture.database);
    const { cursor } = await open(clusterId);
    await tellCluster(fixture.database, clusterId);
    for (let turn = 0; turn < 4; turn++) await rotateChangeLog(fixture.database.sql, { keepMs: 0 });
    await answersResync(clusterId, cursor);
  });
});
