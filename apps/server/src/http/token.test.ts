import { describe, expect, test } from "bun:test";
import { useServer } from "../../test/use-server.ts";
import { tableHashes } from "../v1/test-unchanged.ts";

const server = useServer();
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function send(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) {
  const { body, headers } = options;
  const response = await fetch(server.url + path, {
    method,
    keepalive: false,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}
const trpc = async (procedure: string, input: unknown, headers: Record<string, string> = {}) =>
  (await send("POST", `/trpc/${procedure}`, { body: input, headers })).json;
async function made(name: string, ...permissions: string[]): Promise<{ id: string; token: string }> {
  return (await trpc("token.create", { name, permissions })).result.data;
}
const watch = (headers: Record<string, string>, topics: object[] = [{ topic: "summary" }]) =>
  fetch(`${server.url}/trpc/live.watch?input=${encodeURIComponent(JSON.stringify({ topics }))}`, { headers });

/** What each door answers to a bearer: the status and the code of the failure. */
const DOORS: [door: string, knock: (headers: Record<string, string>) => Promise<{ status: number; text: string }>][] = [
  ["REST", (headers) => send("PUT", "/api/v1/settings/theme", { body: { value: "dark" }, headers })],
  ["REST, a path that nobody has", (headers) => send("GET", "/api/v1/nope", { headers })],
  [
    "REST, a stream",
    async (headers) => {
      const response = await fetch(`${server.url}/api/v1/watch`, { headers });
      return { status: response.status, text: await response.text() };
    },
  ],
  ["tRPC", (headers) => send("GET", "/trpc/system.info", { headers })],
  [
    "tRPC, a change",
    (headers) => send("POST", "/trpc/setting.update", { body: { key: "theme", value: "x" }, headers }),
  ],
  [
    "SSE",
    async (headers) => {
      const response = await watch(headers);
      return { status: response.status, text: await response.text() };
    },
  ],
];

describe("a token", () => {
  test("acts over REST as what it was given, and is recorded under its name", async () => {
    const { token } = await made("ci", "setting.read", "setting.update");
    const put = await send("PUT", "/api/v1/settings/theme", { body: { value: "dark" }, headers: bearer(token) });
    expect(put.status).toBe(200);
    const { json } = await send("GET", "/api/v1/activities?resource_type=setting");
    expect(json).toMatchObject([{ action: "update", user_id: "token:ci", resource_name: "theme" }]);
    const refused = await send("GET", "/api/v1/rbac/users", { headers: bearer(token) });
    expect([refused.status, refused.json.code]).toEqual([403, "FORBIDDEN"]);
    // Without it everything is as before.
    expect((await send("GET", "/api/v1/rbac/users")).status).toBe(200);
  });

  test("acts over tRPC", async () => {
    const { token } = await made("rpc", "setting.read");
    const info = await send("GET", "/trpc/system.info", { headers: bearer(token) });
    expect(info.json.result.data.actor).toBe("token:rpc");
    expect((await send("GET", "/trpc/setting.list", { headers: bearer(token) })).status).toBe(200);
    const refused = await send("GET", "/trpc/user.list", { headers: bearer(token) });
    expect([refused.status, refused.json.error.data.code]).toEqual([403, "FORBIDDEN"]);
  });

  test("has idempotency keys of its own", async () => {
    const { token } = await made("keys", "setting.update");
    const put = async (headers: Record<string, string>) =>
      (
        await fetch(`${server.url}/api/v1/settings/theme`, {
          method: "PUT",
          headers: { "idempotency-key": "same", ...headers },
          body: JSON.stringify({ value: "light" }),
        })
      ).headers.has("idempotency-replayed");
    expect([await put({}), await put(bearer(token)), await put(bearer(token))]).toEqual([false, false, true]);
  });

  test("opens a live stream, which ends when it is revoked", async () => {
    const { id, token } = await made("live", "cluster.read", "resource.read");
    const response = await watch(bearer(token));
    expect(response.status).toBe(200);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    while (!told.includes('"type":"hello"')) told += (await reader.read()).value ?? ended();
    await trpc("token.revoke", { id });
    for (let read = await reader.read(); !read.done; read = await reader.read()) told += read.value;
    const [, error] = /event: serialized-error\ndata: (.*)\n/.exec(told) ?? [];
    expect(JSON.parse(error!)).toMatchObject({ message: "This token was revoked.", data: { code: "UNAUTHENTICATED" } });
    expect((await watch(bearer(token))).status).toBe(401);
  });

  test("opens a watch over REST, which says at its end that it was revoked", async () => {
    const { id, token } = await made("rest-watch", "resource.read");
    const open = () => fetch(`${server.url}/api/v1/watch`, { headers: bearer(token), keepalive: false });
    const reader = (await open()).body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    while (!told.includes("\n\n")) told += (await reader.read()).value ?? ended();
    await trpc("token.revoke", { id });
    for (let read = await reader.read(); !read.done; read = await reader.read()) told += read.value;
    const [, failure] = /event: end\ndata: (.*)\n\n$/.exec(told) ?? [];
    expect(JSON.parse(failure!)).toMatchObject({ error: "This token was revoked.", code: "UNAUTHENTICATED" });
    expect((await open()).status).toBe(401);
  });
});

test("a stream over REST ends too when its token is revoked", async () => {
  const { id, token } = await made("rest-live", "cluster.read", "resource.read");
  const response = await fetch(`${server.url}/api/v1/watch`, { headers: bearer(token) });
  expect(response.status).toBe(200);
  await trpc("token.revoke", { id });
  expect(await response.text()).toContain('"UNAUTHENTICATED"');
});

describe.each(DOORS)("over %s", (_, knock) => {
  test("what is no token is 401, told nothing of, and changes nothing", async () => {
    const expired = await made(`expired-${crypto.randomUUID()}`, "setting.update");
    const revoked = await made(`revoked-${crypto.randomUUID()}`, "setting.update");
    await server.database.sql`update api_tokens set expires_at = now() where id = ${expired.id}`;
    await trpc("token.revoke", { id: revoked.id });
    const before = await tableHashes(server.database);
    const known = revoked.token;
    const bad = [
      expired.token,
      revoked.token,
      "",
      "q7mark5z",
      "q7mark5z\u00e9",
      "fxo_",
      // Right by its checksum, and nobody's.
      `fxo_${"0".repeat(36)}0etOEM`,
      known.slice(0, -1) + (known.endsWith("x") ? "y" : "x"),
      known.toUpperCase(),
      `${known} ${known}`,
      "' or true --",
      "x".repeat(4000),
    ];
    for (const token of bad) {
      const { status, text } = await knock(bearer(token));
      expect([token, status]).toEqual([token, 401]);
      expect(text).toContain('"UNAUTHENTICATED"');
      if (token.length > 4) expect(text).not.toContain(token);
      expect(text).not.toContain("q7mark5z");
    }
    expect(await tableHashes(server.database)).toEqual(before);
  });
});

test("another scheme is none of ours", async () => {
  const { json } = await send("GET", "/trpc/system.info", { headers: { authorization: "Basic dTpw" } });
  expect(json.result.data.actor).toBe("system");
});

function ended(): never {
  throw new Error("the stream ended early");
}
