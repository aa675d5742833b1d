import { expect, test } from "bun:test";
import { NEVER } from "./shapes/time.ts";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, SETTING } from "./test-shapes.ts";

const rest = useRest();
const stored = () => rest.database.sql`select setting_key, value, updated_at from settings order by setting_key`;

test("§3.6 30 settings that were never saved have their defaults, changed never", async () => {
  const { status, json } = await rest.call("GET", "/api/v1/settings");
  expect([status, json]).toEqual([
    200,
    [
      { key: "auto_sync_interval_minutes", value: "5", updated_at: NEVER },
      { key: "audit_log_retention_days", value: "90", updated_at: NEVER },
      { key: "api_token_max_days", value: "365", updated_at: NEVER },
    ],
  ]);
  for (const setting of json) expectShape(setting, SETTING);
});

test("§3.6 31 a saved setting comes back, and is what the list then says", async () => {
  const saved = await rest.call("PUT", "/api/v1/settings/auto_sync_interval_minutes", { VALUE: "7", extra: 1 });
  expect(saved.status).toBe(200);
  expectShape(saved.json, SETTING);
  expect(saved.json).toMatchObject({ key: "auto_sync_interval_minutes", value: "7" });
  expect((await rest.call("GET", "/api/v1/settings")).json).toContainEqual(saved.json);
});

test("a key that is not known here is kept as sent", async () => {
  const value = '<b> & "everything" else';
  expect((await rest.call("PUT", "/api/v1/settings/theme%20%C3%A4", { value })).json).toMatchObject({
    key: "theme ä",
    value,
  });
});

test("saving is recorded under the setting's key", async () => {
  await rest.call("PUT", "/api/v1/settings/audit_log_retention_days", { value: "30" });
  expect((await rest.call("GET", "/api/v1/activities?limit=1")).json).toMatchObject([
    {
      action: "update",
      resource_type: "setting",
      resource_id: "audit_log_retention_days",
      resource_name: "audit_log_retention_days",
      cluster_id: "",
      cluster_name: "",
      user_id: "system",
      status: "success",
      message: "Updated setting audit_log_retention_days to 30",
    },
  ]);
});

test("what is no value is refused, and what was saved stays", async () => {
  const before = await stored();
  const bad: [key: string, body: unknown, code: string][] = [
    ["auto_sync_interval_minutes", undefined, "BODY_SYNTAX"],
    ["auto_sync_interval_minutes", "[1]", "BODY_SYNTAX"],
    ["auto_sync_interval_minutes", "null", "SETTING"],
    ["auto_sync_interval_minutes", {}, "SETTING"],
    ["auto_sync_interval_minutes", { value: "" }, "SETTING"],
    ["auto_sync_interval_minutes", { value: null }, "SETTING"],
    ["auto_sync_interval_minutes", { value: 7 }, "INPUT_INVALID"],
    ["auto_sync_interval_minutes", { value: "0" }, "SETTING"],
    ["auto_sync_interval_minutes", { value: "-1" }, "SETTING"],
    ["auto_sync_interval_minutes", { value: "1.5" }, "SETTING"],
    ["audit_log_retention_days", { value: "soon" }, "SETTING"],
    ["x".repeat(101), { value: "1" }, "SETTING"],
    ["nul%00", { value: "1" }, "SETTING"],
  ];
  const answers = [];
  for (const [key, body] of bad) {
    const { status, json } = await rest.call("PUT", `/api/v1/settings/${key}`, body);
    expect(status).toBe(400);
    expectShape(json, FAILURE);
    answers.push([key, body, json.code]);
  }
  expect(answers).toEqual(bad);
  expect(await stored()).toEqual(before);
});
