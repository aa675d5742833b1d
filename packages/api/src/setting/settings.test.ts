import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { isIn } from "../query/predicate.ts";
import { systemInfo } from "../system/info.ts";
import { listSettings } from "./list.ts";
import { numberSetting } from "./number-setting.ts";
import { updateSetting } from "./update.ts";

const fixture = useApi();
const saved = async (key: string) =>
  (await fixture.perform(listSettings, undefined)).find((setting) => setting.key === key);

test("settings nobody saved have their defaults, and say that they were never saved", async () => {
  expect(await fixture.perform(listSettings, undefined)).toEqual([
    { key: "auto_sync_interval_minutes", value: "5", updatedAt: null },
    { key: "audit_log_retention_days", value: "90", updatedAt: null },
    { key: "api_token_max_days", value: "365", updatedAt: null },
  ]);
});

test("a saved setting is listed and acts; saving it again replaces it", async () => {
  for (const value of ["10", "7"]) {
    const answer = await fixture.perform(updateSetting, { key: "auto_sync_interval_minutes", value });
    expect(await saved("auto_sync_interval_minutes")).toEqual(answer);
    expect(await numberSetting(fixture.database.sql, "auto_sync_interval_minutes")).toBe(Number(value));
  }
  expect(await fixture.recorded()).toMatchObject(
    [
      { operation: "setting.update", resourceId: "auto_sync_interval_minutes", message: /to 10$/ },
      { message: "Updated setting auto_sync_interval_minutes to 7" },
    ].map((entry) => ({ ...entry, message: expect.stringMatching(entry.message) })),
  );
});

test("a key nobody knows here is kept as it was sent", async () => {
  await fixture.perform(updateSetting, { key: "theme", value: "' dark; -- 🌙" });
  expect(await saved("theme")).toMatchObject({ value: "' dark; -- 🌙" });
});

test("a known key takes whole numbers from 1 and nothing else", async () => {
  const known = "audit_log_retention_days";
  for (const value of ["0", "-1", "1.5", "1e9", "5m", "9999999", " 5", "0x10", "NaN"])
    expect(await fixture.refusal(updateSetting, { key: known, value })).toMatchObject({
      code: "SETTING",
      issues: [{ path: "value" }],
    });
  expect(await saved(known)).toMatchObject({ updatedAt: null });
});

test("what was saved by other means and is no number counts as the default", async () => {
  await fixture.database.sql`insert into settings (setting_key, value) values ('audit_log_retention_days', 'soon')`;
  expect(await numberSetting(fixture.database.sql, "audit_log_retention_days")).toBe(90);
});

test("keys that every object has are keys like any other", async () => {
  for (const key of ["__proto__", "constructor", "toString"]) {
    await fixture.perform(updateSetting, { key, value: "x" });
    expect(await saved(key)).toMatchObject({ value: "x" });
  }
});

test("reading and saving need their permissions", async () => {
  fixture.rights.give("guest", allBut("setting.read", "setting.update", "system.read"));
  expect(await fixture.refusal(listSettings, undefined, "guest")).toMatchObject({ code: "FORBIDDEN" });
  expect(await fixture.refusal(updateSetting, { key: "a", value: "b" }, "guest")).toMatchObject({ code: "FORBIDDEN" });
  expect(await fixture.refusal(systemInfo, undefined, "guest")).toMatchObject({ code: "FORBIDDEN" });
  expect(await saved("a")).toBeUndefined();
});

test("the server says what it is, who asks, and how many clusters they may see", async () => {
  await insertCluster(fixture.database, { environment: "dev" });
  await insertCluster(fixture.database, { environment: "prod" });
  const removed = await insertCluster(fixture.database, { environment: "dev" });
  await fixture.database.sql`update clusters set deleted_at = now() where id = ${removed}`;
  await fixture.perform(updateSetting, { key: "auto_sync_interval_minutes", value: "12" });
  expect(await fixture.perform(systemInfo, undefined, "operator-a")).toEqual({
    version: "1.2.3",
    mode: "local",
    actor: "operator-a",
    simulated: false,
    clusterCount: 2,
    settings: { autoSyncIntervalMinutes: 12, auditLogRetentionDays: 90 },
  });
  fixture.rights.give("dev", { allows: () => true, sees: isIn("environment", ["dev"]) });
  expect(await fixture.perform(systemInfo, undefined, "dev")).toMatchObject({ clusterCount: 1 });
});
