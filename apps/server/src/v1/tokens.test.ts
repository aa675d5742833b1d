import { expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, type Shape } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

const rest = useRest();
const call = (method: string, path = "", body?: unknown, headers?: Record<string, string>) =>
  rest.call(method, `/api/v1/tokens${path}`, body, headers);
const TOKEN: Shape = {
  id: "s",
  name: "s",
  kind: ["personal", "service"],
  owner: "s",
  prefix: "s",
  permissions: "[]",
  created_at: "t",
  expires_at: "t",
  last_used_at: "t?",
  revoked_at: "t?",
};

test("a token is made, told once, listed without itself, and revoked", async () => {
  const made = await call("POST", "", { Name: "ci", permissions: ["setting.read"], expires_in_days: 30 });
  expect([made.status, made.headers.get("cache-control")]).toEqual([201, "no-store, no-transform"]);
  const { token, ...listed } = made.json;
  expectShape(listed, TOKEN);
  expect(token).toStartWith(listed.prefix);
  const list = await call("GET");
  expect([list.status, list.json]).toEqual([200, [listed]]);
  expect((await call("GET", `?prefix=${listed.prefix}`)).json).toEqual([listed]);
  expect((await call("GET", "?prefix=nope")).json).toEqual([]);
  const revoked = await call("DELETE", `/${listed.id}`);
  expectShape(revoked.json, TOKEN);
  expect([revoked.status, revoked.json]).toEqual([200, { ...listed, revoked_at: expect.any(String) }]);
  expect((await call("GET")).json).toEqual([]);
  expect((await call("GET", "?ended=true")).json).toEqual([revoked.json]);
  const { json } = await rest.call("GET", "/api/v1/activities?resource_type=token");
  expect(json).toMatchObject([
    { action: "revoke", resource_name: "ci", user_id: "system" },
    { action: "create", resource_name: "ci" },
  ]);
});

test("with an Idempotency-Key none is made: its answer is never kept", async () => {
  const before = await tableHashes(rest.database);
  const body = { name: "keyed", permissions: ["setting.read"] };
  const answer = await call("POST", "", body, { "idempotency-key": "k" });
  expect([answer.status, answer.json.code]).toEqual([400, "IDEMPOTENCY_KEY"]);
  expectShape(answer.json, FAILURE);
  expect(await tableHashes(rest.database)).toEqual(before);
});

test("what is no token to be made, or nobody's, is refused, told nothing of, and changes nothing", async () => {
  const good = { name: "bad", permissions: ["setting.read"] };
  const before = await tableHashes(rest.database);
  for (const [method, path, body, status, code] of [
    ["POST", "", undefined, 400, "BODY_SYNTAX"],
    ["POST", "", "[]", 400, "BODY_SYNTAX"],
    ["POST", "", {}, 400, "NAME"],
    ["POST", "", { ...good, name: 7 }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, name: "q7mark5z x" }, 400, "NAME"],
    ["POST", "", { ...good, kind: "q7mark5z" }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, permissions: "q7mark5z" }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, permissions: [] }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, permissions: ["q7mark5z"] }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, expires_in_days: "q7mark5z" }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, expires_in_days: 0 }, 400, "INPUT_INVALID"],
    ["POST", "", { ...good, expires_in_days: 400 }, 400, "TOKEN_EXPIRY"],
    ["POST", "", { ...good, name: "ci" }, 409, "NAME_TAKEN"],
    ["GET", "?prefix=%00q7mark5z", undefined, 400, "INPUT_INVALID"],
    ["GET", `?prefix=${"q7mark5z".repeat(100)}`, undefined, 400, "INPUT_INVALID"],
    ["DELETE", "/q7mark5z", undefined, 400, "INPUT_INVALID"],
    ["DELETE", `/${crypto.randomUUID()}`, undefined, 404, "NOT_FOUND"],
  ] as const) {
    const { status: answered, json, text } = await call(method, path, body);
    expect([method, path, body, answered, json.code]).toEqual([method, path, body, status, code]);
    expectShape(json, FAILURE);
    expect(text).not.toContain("q7mark5z");
  }
  expect(await tableHashes(rest.database)).toEqual(before);
});
