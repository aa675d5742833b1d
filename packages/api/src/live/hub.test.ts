import { afterEach, expect, test } from "bun:test";
import { appendLog } from "@flux-orchestrator/db";
import { until } from "@flux-orchestrator/testing";
import { type ApiFixture, useApi } from "../../test/api-fixture.ts";
import { insertCluster, storeRows, tellCluster } from "../../test/rows.ts";
import { openWatcher, type Watcher } from "../../test/watcher.ts";
import { createApi } from "../create-api.ts";
import { openStream } from "../open-stream.ts";
import { watch } from "./watch.ts";

const fixture = useApi();
const opened: Watcher[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((watcher) => watcher.close()));
});
const SUMMARY = { topics: [{ topic: "summary" as const }] };
async function open(input: Parameters<typeof openWatcher>[1] = SUMMARY, on: ApiFixture = fixture): Promise<Watcher> {
  const watcher = await openWatcher(on, input);
  opened.push(watcher);
  return watcher;
}
const told = (watcher: Watcher, clusterId: string) =>
  watcher.until("cluster", (frame) => frame.clusterId === clusterId);
const complaints = () => fixture.log.filter(({ message }) => message.startsWith("changes could not be told"));

test("fifty readers of the same view are told by the same frames, each of them made once", async () => {
  const clusterId = await insertCluster(fixture.database);
  const input = { topics: [{ topic: "query" as const, filter: { cluster: [clusterId] } }] };
  const watchers = await Promise.all(Array.from({ length: 50 }, () => open(input)));
  const other = await open({ topics: [{ topic: "query", filter: { cluster: [clusterId], kind: ["Kustomization"] } }] });
  await storeRows(fixture.database, [{ clusterId, name: "shared" }]);
  const frames = await Promise.all(watchers.map((watcher) => watcher.until("changes")));
  expect(new Set(frames).size).toBe(1);
  expect((await other.until("changes")).changes).toEqual(frames[0]!.changes);
});

test("when the last reader has left, nothing is read for anybody", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watchers = await Promise.all(Array.from({ length: 5 }, () => open()));
  await Promise.all(watchers.map((watcher) => watcher.close()));
  const { sql } = fixture.database;
  let heard = 0;
  const unsubscribe = fixture.fleet.feed.subscribe(() => heard++);
  // Whoever still read would fail.
  await sql`alter table clusters rename to clusters_away`;
  try {
    await sql.begin((tx) => appendLog(tx, [{ subject: "cluster", op: "upsert", clusterId }]));
    await until("the feed has told it", () => heard > 0);
    // What was asked before this has been answered by now.
    await sql`select 1`;
  } finally {
    await sql`alter table clusters_away rename to clusters`;
    unsubscribe();
  }
  expect(complaints()).toEqual([]);
  const back = await open();
  await tellCluster(fixture.database, clusterId);
  await told(back, clusterId);
});

test("a database that fails while changes are read costs a fetch, never the stream", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open();
  const { sql } = fixture.database;
  await sql`alter table clusters rename to clusters_away`;
  try {
    await tellCluster(fixture.database, clusterId);
    const { reason } = await watcher.until("resync");
    expect(reason).toBe("Changes could not be read.");
  } finally {
    await sql`alter table clusters_away rename to clusters`;
  }
  expect(complaints().length).toBeGreaterThan(0);
  await tellCluster(fixture.database, clusterId);
  await told(watcher, clusterId);
  expect(watcher.ended).toBe(false);
});

test("a stream that cannot look its clusters up does not open as one that matches nothing", async () => {
  await insertCluster(fixture.database, { name: "named" });
  const { sql } = fixture.database;
  await sql`alter table clusters rename to clusters_away`;
  try {
    const watcher = await open({ topics: [{ topic: "cluster", cluster: "named" }] });
    expect([watcher.told, watcher.error]).toEqual([[], expect.objectContaining({ code: "INTERNAL" })]);
  } finally {
    await sql`alter table clusters_away rename to clusters`;
  }
});

test("a reader that does not read keeps a bounded queue and is told once to fetch anew; the others are told everything", async () => {
  const slow = openStream(watch, fixture.call(), SUMMARY);
  await slow.next();
  const reading = await open();
  const clusterIds: string[] = [];
  for (let stretch = 0; stretch < 3; stretch++) {
    const ids = await Promise.all(Array.from({ length: 240 }, () => insertCluster(fixture.database)));
    clusterIds.push(...ids);
    await fixture.database.sql.begin((tx) =>
      appendLog(
        tx,
        ids.map((clusterId) => ({ subject: "cluster" as const, op: "upsert" as const, clusterId })),
      ),
    );
    await told(reading, ids.at(-1)!);
    await until(
      "the stretch is read",
      () => new Set(reading.frames("cluster").map(({ clusterId }) => clusterId)).size >= clusterIds.length,
    );
  }
  const kept = [];
  for (let frame = await slow.next(); frame.value?.frame.type !== "ping"; frame = await slow.next())
    kept.push(frame.value!);
  await slow.return(undefined);
  expect(kept.length).toBeLessThan(500);
  expect(kept.filter(({ frame }) => frame.type === "resync")).toHaveLength(1);
  expect(kept[0]?.frame.type).toBe("resync");
});

test("changes that come late are said to be late, and a ping says that they come on time again", async () => {
  const clusterId = await insertCluster(fixture.database);
  const watcher = await open();
  const { sql } = fixture.database;
  await sql.begin(async (tx) => {
    const { number } = await appendLog(tx, [{ subject: "cluster", op: "upsert", clusterId }]);
    await tx`update change_log set at = at - interval '90 seconds' where number = ${number}`;
  });
  await watcher.until("lag", ({ lagMs }) => lagMs >= 90_000);
  await told(watcher, clusterId);
  const late = watcher.told.findIndex(({ frame }) => frame.type === "lag");
  await until("a ping says so", () =>
    watcher.told.slice(late).some(({ frame }) => frame.type === "ping" && frame.lagMs === 0),
  );
});

test("closing ends every stream, and one that is opened later ends at once", async () => {
  const own = createApi(fixture.call().deps);
  const call = own.context({ actor: { id: "operator" }, requestId: "r", through: "sdk" });
  const types = async () => {
    const seen: string[] = [];
    for await (const { frame } of openStream(watch, call, SUMMARY)) {
      seen.push(frame.type);
      own.close();
    }
    return seen;
  };
  expect(await types()).toEqual(["hello"]);
  expect(await types()).toEqual(["hello"]);
});
