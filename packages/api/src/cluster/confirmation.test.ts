import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { openWatcher } from "../../test/watcher.ts";
import { fleetSummary } from "../fleet/summary.ts";
import { isIn } from "../query/predicate.ts";
import { listResources } from "../resource/list.ts";
import { updateSetting } from "../setting/update.ts";
import { getCluster } from "./get.ts";

const fixture = useApi();
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const isStale = async (id: string) => (await fixture.perform(getCluster, { cluster: id })).stale;
const confirm = (id: string, at: Date) =>
  fixture.database.sql`update clusters set confirmed_at = ${at} where id = ${id}::uuid`;
const interval = (minutes: number) =>
  fixture.perform(updateSetting, { key: "auto_sync_interval_minutes", value: String(minutes) });

test("a cluster that nothing confirmed for three intervals is stale, whatever its stream was last said to be", async () => {
  const fresh = await insertCluster(fixture.database, { confirmedAt: minutesAgo(14) });
  const left = await insertCluster(fixture.database, { confirmedAt: minutesAgo(16) });
  const never = await insertCluster(fixture.database, { confirmedAt: null });
  const first = await insertCluster(fixture.database, { stream: "syncing", confirmedAt: null });
  const again = await insertCluster(fixture.database, { stream: "syncing", confirmedAt: minutesAgo(16) });
  const broken = await insertCluster(fixture.database, { stream: "stale" });
  const judged = await Promise.all([fresh, left, never, first, again, broken].map(isStale));
  expect(judged).toEqual([false, true, true, false, true, true]);
  await interval(6);
  expect(await isStale(left)).toBe(false);
  await interval(4);
  expect(await isStale(fresh)).toBe(true);
  await interval(5);
});

test("rows and figures of such a cluster are stale too, by the same rule", async () => {
  const left = await insertCluster(fixture.database, { confirmedAt: minutesAgo(16) });
  const before = await fixture.perform(fleetSummary, undefined);
  await storeRows(fixture.database, [{ clusterId: left, name: "apps" }]);
  const { rows } = await fixture.perform(listResources, { cluster: [left] });
  expect(rows.map(({ stale }) => stale)).toEqual([true]);
  const after = await fixture.perform(fleetSummary, undefined);
  expect([after.staleObjectCount - before.staleObjectCount, after.objectCount - before.objectCount]).toEqual([1, 0]);
});

test("a view is true at the oldest confirmation among the clusters it speaks of, stale ones aside", async () => {
  const [older, newer] = [minutesAgo(9), minutesAgo(2)];
  const a = await insertCluster(fixture.database, { environment: "views", confirmedAt: older });
  const b = await insertCluster(fixture.database, { environment: "views", confirmedAt: newer });
  const old = await insertCluster(fixture.database, { environment: "views", confirmedAt: minutesAgo(100) });
  fixture.rights.give("viewer", { allows: () => true, sees: isIn("environment", ["views"]) });
  const at = async (cluster: string[]) =>
    (await fixture.perform(listResources, cluster.length === 0 ? {} : { cluster }, "viewer")).confirmedAt;
  expect(await at([a, b, old])).toBe(older.toISOString());
  expect(await at([b])).toBe(newer.toISOString());
  expect(await at([old])).toBeNull();
  expect(await at([])).toBe(older.toISOString());
  expect((await fixture.perform(fleetSummary, undefined, "viewer")).confirmedAt).toBe(older.toISOString());
  const watcher = await openWatcher(fixture, { topics: [{ topic: "summary" }] }, { actor: "viewer" });
  expect(watcher.frames("hello")[0]!.confirmedAt).toBe(older.toISOString());
  expect((await watcher.until("ping")).confirmedAt).toBe(older.toISOString());
  await watcher.close();
});

test("an open page is told that time went by without a confirmation, and that one came", async () => {
  const id = await insertCluster(fixture.database);
  const watcher = await openWatcher(fixture, { topics: [{ topic: "cluster", cluster: id }] });
  await confirm(id, minutesAgo(16));
  await watcher.until("cluster", ({ clusterId, cluster }) => clusterId === id && cluster?.stale === true);
  await confirm(id, new Date());
  await watcher.until("cluster", ({ clusterId, cluster }) => clusterId === id && cluster?.stale === false);
  await watcher.close();
});
