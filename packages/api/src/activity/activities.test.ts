import { beforeAll, describe, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { favoriteCluster } from "../cluster/favorite.ts";
import { labelClusters } from "../cluster/label.ts";
import { anyOf, isIn } from "../query/predicate.ts";
import { updateSetting } from "../setting/update.ts";
import { cleanupActivities } from "./cleanup.ts";
import { getActivity } from "./get.ts";
import { listActivities } from "./list.ts";

const fixture = useApi();
let web = "";
let hidden = "";

beforeAll(async () => {
  web = await insertCluster(fixture.database, { name: "web", environment: "dev" });
  hidden = await insertCluster(fixture.database, { name: "hidden", environment: "prod" });
  fixture.rights.give("guest", allBut("cluster.update"));
  await fixture.perform(favoriteCluster, { cluster: "web" }, "operator-a");
  await fixture.perform(labelClusters, { clusters: [web], labels: { team: "a" } }, "operator-b");
  await fixture.perform(favoriteCluster, { cluster: hidden }, "operator-a");
  await fixture.refusal(favoriteCluster, { cluster: "web" }, "guest");
  await fixture.perform(updateSetting, { key: "greeting", value: "hello" }, "operator-a");
});

const listed = async (
  query: Parameters<typeof fixture.perform<typeof listActivities.input, typeof listActivities.output>>[1],
  actor?: string,
) => (await fixture.perform(listActivities, query, actor)).activities;
const actions = async (query: Parameters<typeof listed>[0], actor?: string) =>
  (await listed(query, actor)).map((activity) => `${activity.actor} ${activity.action} ${activity.outcome}`);

describe("the list of activities", () => {
  test("says newest first who did what, through which door, and how it went", async () => {
    const activities = await listed({});
    expect(activities.map(({ operation }) => operation)).toEqual([
      "setting.update",
      "cluster.favorite",
      "cluster.favorite",
      "cluster.label",
      "cluster.favorite",
    ]);
    expect(activities[3]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
      actor: "operator-b",
      action: "label",
      operation: "cluster.label",
      resourceType: "cluster",
      resourceId: web,
      resourceName: "web",
      clusterId: web,
      clusterName: "web",
      clusterSlug: "web",
      outcome: "success",
      message: "team=a",
      through: "dashboard",
      run: null,
      requestId: expect.any(String),
    });
  });

  test("is narrowed by cluster, by id or slug, by kind, name, action and outcome", async () => {
    expect(await actions({ cluster: "web" })).toEqual([
      "guest toggle_favorite failed",
      "operator-b label success",
      "operator-a toggle_favorite success",
    ]);
    expect(await actions({ cluster: web, outcome: "failed" })).toEqual(["guest toggle_favorite failed"]);
    expect(await actions({ cluster: web, outcome: "success", action: ["label"] })).toEqual([
      "operator-b label success",
    ]);
    expect(await actions({ kind: "setting" })).toEqual(["operator-a update success"]);
    expect(await actions({ name: "greeting", namespace: "greeting" })).toEqual(["operator-a update success"]);
    expect(await actions({ action: [] })).toHaveLength(5);
    expect(await actions({ cluster: "nowhere" })).toEqual([]);
  });

  test("comes in pages that visit every activity once", async () => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await fixture.perform(listActivities, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      ids.push(...page.activities.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(ids).toEqual((await listed({})).map(({ id }) => id));
  });

  test("refuses what is no cursor and what no text can be", async () => {
    for (const cursor of ["x", "1;drop", "-1", "9".repeat(30)])
      expect(await fixture.refusal(listActivities, { cursor })).toMatchObject({ code: "CURSOR" });
    for (const field of ["cluster", "kind", "namespace", "name"])
      expect(await fixture.refusal(listActivities, { [field]: "a\0b" })).toMatchObject({ code: "INPUT_INVALID" });
    expect(await fixture.refusal(listActivities, { action: ["a\0"] })).toMatchObject({ code: "INPUT_INVALID" });
  });

  test("hides what was done to clusters an actor may not see, named or not", async () => {
    fixture.rights.give("dev", { allows: () => true, sees: isIn("environment", ["dev"]) });
    expect(await actions({}, "dev")).toEqual([
      "operator-a update success",
      "guest toggle_favorite failed",
      "operator-b label success",
      "operator-a toggle_favorite success",
    ]);
    for (const cluster of [hidden, "hidden", "nowhere"]) expect(await actions({ cluster }, "dev")).toEqual([]);
    const [unseen] = await listed({ cluster: hidden });
    expect(await fixture.refusal(getActivity, { id: unseen!.id }, "dev")).toMatchObject({ code: "NOT_FOUND" });
    fixture.rights.give("one", { allows: () => true, sees: anyOf(isIn("clusterId", [hidden])) });
    expect(await actions({}, "one")).toEqual(["operator-a update success", "operator-a toggle_favorite success"]);
  });

  test("keeps the activities of a removed cluster under the name it had", async () => {
    const gone = await insertCluster(fixture.database, { name: "gone" });
    await fixture.perform(favoriteCluster, { cluster: gone }, "operator-a");
    await fixture.database.sql`update clusters set deleted_at = now() where id = ${gone}`;
    expect(await listed({ cluster: gone })).toMatchObject([{ clusterName: "gone", clusterSlug: null }]);
  });

  test("needs the permission", async () => {
    fixture.rights.give("stranger", allBut("cluster.read"));
    expect(await fixture.refusal(listActivities, {}, "stranger")).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.refusal(getActivity, { id: "1" }, "stranger")).toMatchObject({ code: "FORBIDDEN" });
  });
});

test("one activity is read by its id, and any other id names none", async () => {
  const [newest] = await listed({ kind: "setting" });
  expect(await fixture.perform(getActivity, { id: newest!.id })).toEqual(newest!);
  for (const id of ["0", "x", "-1", "1.5", "9".repeat(40), "", "\0"])
    expect(await fixture.refusal(getActivity, { id })).toMatchObject({ code: "NOT_FOUND" });
});

test("cleanup drops whole days beyond the retention, and says what is left", async () => {
  const { sql } = fixture.database;
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
  for (const [at, name] of [
    [daysAgo(92), "old"],
    [daysAgo(85), "young"],
  ] as const)
    await sql`insert into audit_events ${sql({
      at,
      part: "intent",
      actor: "operator-a",
      operation: "x.y",
      action: "y",
      resource_type: "x",
      resource_id: name,
      resource_name: name,
      through: "rest",
    })}`;
  expect(await fixture.perform(cleanupActivities, undefined)).toMatchObject({ removed: 1, retentionDays: 90 });
  const names = (await listed({ kind: "x" })).map(({ resourceName }) => resourceName);
  expect(names).toEqual(["young"]);
  await fixture.perform(updateSetting, { key: "audit_log_retention_days", value: "60" });
  const { removed, remaining } = await fixture.perform(cleanupActivities, undefined);
  expect(removed).toBe(1);
  expect(remaining).toBe((await listed({ limit: 200 })).length);
  fixture.rights.give("reader", allBut("setting.update"));
  expect(await fixture.refusal(cleanupActivities, undefined, "reader")).toMatchObject({ code: "FORBIDDEN" });
});
