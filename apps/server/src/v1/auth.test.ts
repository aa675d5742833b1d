import { expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, MESSAGE } from "./test-shapes.ts";

const rest = useRest();
const auth = (method: string, path: string) => rest.call(method, `/api/v1/auth${path}`);

test("§3.13 62, Q10 in open mode login is said to be off", async () => {
  const { status, json, headers } = await auth("GET", "/status");
  expect([status, json]).toEqual([200, { enabled: false }]);
  expect(headers.get("content-type")).toBe("application/json");
});

test("§3.13 65, Q10 in open mode nobody is logged in", async () => {
  const { status, json } = await auth("GET", "/me");
  expect([status, json.code]).toEqual([401, "UNAUTHENTICATED"]);
  expectShape(json, FAILURE);
});

test("§3.13 66, Q10 in open mode logging out is nothing, and sets no cookie", async () => {
  const { status, json, headers } = await auth("POST", "/logout");
  expect([status, headers.get("set-cookie")]).toEqual([200, null]);
  expectShape(json, MESSAGE);
});

test("§3.13 63, 64 in open mode there is nowhere to log in: no page, no redirect, no cookie", async () => {
  for (const path of ["/login", "/callback?code=x&state=y"]) {
    const { status, json, headers } = await auth("GET", path);
    expect([path, status, json.code]).toEqual([path, 404, "NOT_FOUND"]);
    expect([headers.get("location"), headers.get("set-cookie")]).toEqual([null, null]);
    expectShape(json, FAILURE);
  }
});
