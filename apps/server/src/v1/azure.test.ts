import { expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

const rest = useRest();
const azure = (method: string, path = "", body?: unknown) =>
  rest.call(method, `/api/v1/azure/subscriptions${path}`, body);
const SECRET = "canary-azure-secret";
const CREDENTIALS = { tenant_id: "t", client_id: "c", client_secret: SECRET, subscription_id: "s" };

test("§3.11 49 with nothing configured the list is empty", async () => {
  const { status, json } = await azure("GET");
  expect([status, json]).toEqual([200, []]);
});

test("§3.11 51, 52, 53, 54, 55, Q11, Q13 a subscription that is not there is 404, never 401, which would look like a lost session", async () => {
  const before = await tableHashes(rest.database);
  for (const [method, path] of [
    ["GET", "/nope"],
    ["DELETE", "/nope"],
    ["POST", "/nope/test"],
    ["GET", "/nope/clusters"],
    ["POST", "/nope/sync"],
  ] as const) {
    const { status, json } = await azure(method, path);
    expect([method, path, status, json.code]).toEqual([method, path, 404, "NOT_FOUND"]);
    expectShape(json, FAILURE);
  }
  expect(await tableHashes(rest.database)).toEqual(before);
});

test("§3.11 50, Q11 adding one says that it is not built, in either form of the body, and keeps nothing", async () => {
  const before = await tableHashes(rest.database);
  for (const body of [
    { name: "x", ...CREDENTIALS },
    { name: "x", credentials: CREDENTIALS },
  ]) {
    const { status, json, text } = await azure("POST", "", body);
    expect([status, json.code]).toEqual([501, "NOT_BUILT"]);
    expectShape(json, FAILURE);
    expect(text).not.toContain(SECRET);
  }
  expect(await tableHashes(rest.database)).toEqual(before);
  const [stored] = await rest.database.sql`select string_agg(e::text, '') as all from audit_events e`;
  expect(stored?.["all"]).not.toContain(SECRET);
  const [activity] = (await rest.call("GET", "/api/v1/activities?limit=1")).json;
  expect(activity).toMatchObject({
    action: "create",
    resource_type: "azure_subscription",
    resource_id: "s",
    status: "failed",
  });
});

test("§3.11 50 a field that is missing is 400 and named as it was sent", async () => {
  for (const field of ["subscription_id", "tenant_id", "client_id", "client_secret"] as const) {
    for (const value of [undefined, "", null]) {
      const credentials = { ...CREDENTIALS, [field]: value };
      for (const body of [
        { name: "x", ...credentials },
        { name: "x", credentials },
      ]) {
        const { status, json } = await azure("POST", "", body);
        expect([field, status, json.code]).toEqual([field, 400, "INPUT_INVALID"]);
        expect(json.error).toStartWith(`${field}:`);
      }
    }
  }
  expect((await azure("POST", "", { name: "x" })).status).toBe(400);
  expect((await azure("POST", "", { name: "x", credentials: "all" })).status).toBe(400);
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});
