import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, MESSAGE, OAUTH_PROVIDER } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

const SECRET = "canary-oauth-secret";

/** What stands in for GitHub and Entra: their token endpoints as they answer, with what they were asked. */
const asked: { path: string; form: Record<string, string> }[] = [];
let answer: (form: Record<string, string>) => Response | Promise<Response>;
const provider = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    asked.push({ path: new URL(request.url).pathname, form });
    return answer(form);
  },
});
afterAll(() => provider.stop(true));

const rest = useRest({
  tokenUrls: {
    github: () => `${provider.url}github/token`,
    entra: ({ tenantId }) => `${provider.url}${tenantId}/token`,
  },
});
const oauth = (method: string, path = "", body?: unknown) => rest.call(method, `/api/v1/oauth/providers${path}`, body);
const GITHUB = {
  name: "GitHub",
  provider: "github",
  client_id: "id",
  client_secret: SECRET,
  redirect_url: "http://localhost/cb",
  scopes: "user:email",
  allowed_users: "",
  enabled: true,
};
const ENTRA = { ...GITHUB, name: "Entra", provider: "entra", tenant_id: "11111111-2222-3333-4444-555555555555" };
const added = async (body: object): Promise<string> => (await oauth("POST", "", body)).json.id;

beforeEach(async () => {
  asked.length = 0;
  await rest.database.sql`delete from oauth_providers`;
});

describe("§3.12", () => {
  test("§3.12 56, 57, 58 a provider is stored with 201, listed and found, never with its secret", async () => {
    const { status, json } = await oauth("POST", "", { ...GITHUB, status: "healthy", id: "mine" });
    expect(status).toBe(201);
    expectShape(json, OAUTH_PROVIDER);
    expect(json).toMatchObject({ name: "GitHub", client_id: "id", tenant_id: "", enabled: true, status: "unknown" });
    expect(json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect((await oauth("GET")).json).toEqual([json]);
    expect((await oauth("GET", `/${json.id}`)).json).toEqual(json);
  });

  test("§3.12 57 what may be left out is left out", async () => {
    const { scopes: _s, allowed_users: _a, enabled: _e, ...least } = ENTRA;
    const { status, json } = await oauth("POST", "", least);
    expect([status, json.scopes, json.allowed_users, json.enabled]).toEqual([201, "", "", false]);
    expect(json.tenant_id).toBe(ENTRA.tenant_id);
  });

  test("§3.12 59 what is given is changed, an empty text too, but for an empty secret; the provider is not", async () => {
    const id = await added(ENTRA);
    const before = (await oauth("GET", `/${id}`)).json;
    const sealed = async () =>
      (await rest.database.sql`select client_secret from oauth_providers`)[0]!["client_secret"];
    const secret = await sealed();
    const { status, json } = await oauth("PUT", `/${id}`, {
      name: "Entra 2",
      provider: "github",
      client_secret: "",
      scopes: "",
      allowed_users: null,
      enabled: false,
    });
    expect(status).toBe(200);
    expectShape(json, MESSAGE);
    const after = (await oauth("GET", `/${id}`)).json;
    expect(after).toEqual({ ...before, name: "Entra 2", scopes: "", enabled: false, updated_at: after.updated_at });
    expect(await sealed()).toBe(secret);
    await oauth("PUT", `/${id}`, { client_secret: "another" });
    expect(await sealed()).not.toBe(secret);
  });

  test("§3.12 60 a provider is forgotten", async () => {
    const id = await added(GITHUB);
    const { status, json } = await oauth("DELETE", `/${id}`);
    expect(status).toBe(200);
    expectShape(json, MESSAGE);
    expect([(await oauth("GET")).json, (await oauth("GET", `/${id}`)).status]).toEqual([[], 404]);
  });

  test("Q13 ids that no provider has are 404, and nothing is changed", async () => {
    const before = await tableHashes(rest.database);
    for (const [method, path, body] of [
      ["GET", "/nope", undefined],
      ["PUT", "/nope", { name: "x" }],
      ["DELETE", "/nope", undefined],
      ["POST", "/nope/test", undefined],
    ] as const) {
      const { status, json } = await oauth(method, path, body);
      expect([method, status, json.code]).toEqual([method, 404, "NOT_FOUND"]);
      expectShape(json, FAILURE);
    }
    expect(await tableHashes(rest.database)).toEqual(before);
  });
});

describe("§3.12 61, Q28 the test asks the provider", () => {
  const status = async (id: string) => (await oauth("GET", `/${id}`)).json.status;

  test("and what GitHub says of the code means that it knows the client", async () => {
    answer = () => Response.json({ error: "bad_verification_code" });
    const id = await added(GITHUB);
    const { status: code, json } = await oauth("POST", `/${id}/test`);
    expect([code, json.status, await status(id)]).toEqual([200, "healthy", "healthy"]);
    expectShape(json, { status: "s", message: "s" });
    expect(asked).toEqual([{ path: "/github/token", form: { client_id: "id", client_secret: SECRET, code: "test" } }]);
  });

  test("and a token of Entra's own directory means the same", async () => {
    answer = () => Response.json({ token_type: "Bearer", expires_in: 3599, access_token: "canary-token" });
    const id = await added(ENTRA);
    const { status: code, text } = await oauth("POST", `/${id}/test`);
    expect([code, await status(id)]).toEqual([200, "healthy"]);
    expect(text).not.toContain("canary-token");
    expect(asked).toMatchObject([
      { path: `/${ENTRA.tenant_id}/token`, form: { client_secret: SECRET, grant_type: "client_credentials" } },
    ]);
  });

  test("a client that is refused is unhealthy, 400, and nothing of the answer is told", async () => {
    for (const [body, refusal] of [
      [GITHUB, () => Response.json({ error: "incorrect_client_credentials", error_description: "canary-upstream" })],
      [GITHUB, () => Response.json({ error: "Not Found" }, { status: 404 })],
      [ENTRA, () => Response.json({ error: "invalid_client", error_description: "canary-upstream" }, { status: 401 })],
    ] as const) {
      answer = refusal;
      const id = await added(body);
      const { status: code, json, text } = await oauth("POST", `/${id}/test`);
      expect([code, json.code, await status(id)]).toEqual([400, "PROVIDER_REFUSED", "unhealthy"]);
      expectShape(json, FAILURE);
      expect(text).not.toContain("canary");
    }
  });

  test("a provider that does not answer as one leaves it unknown, 502", async () => {
    for (const failing of [
      () => new Response("<html>canary-upstream", { status: 200 }),
      () => Response.json({ error: "oops" }, { status: 503 }),
      () => Response.json(null),
      () => Response.json({ error: "x".repeat(100_000) }),
      () => new Response(null, { status: 302, headers: { location: `${provider.url}elsewhere` } }),
    ]) {
      answer = failing;
      const id = await added(GITHUB);
      const { status: code, json, text } = await oauth("POST", `/${id}/test`);
      expect([code, json.code, await status(id)]).toEqual([502, "PROVIDER_UNREACHABLE", "unknown"]);
      expect(text).not.toContain("canary");
    }
    expect(asked.map(({ path }) => path)).not.toContain("/elsewhere");
  });

  test("what it said means nothing once the client is another", async () => {
    answer = () => Response.json({ error: "bad_verification_code" });
    const id = await added(GITHUB);
    for (const [change, after] of [
      [{ name: "Renamed", scopes: "" }, "healthy"],
      [{ client_id: "id" }, "healthy"],
      [{ client_id: "id2" }, "unknown"],
      [{ client_secret: "other" }, "unknown"],
    ] as const) {
      await oauth("POST", `/${id}/test`);
      await oauth("PUT", `/${id}`, change);
      expect([change, await status(id)]).toEqual([change, after]);
    }
  });

  test("a secret that another key sealed is not to be had, and nobody is asked", async () => {
    const id = await added(GITHUB);
    const other = await added(ENTRA);
    await rest.database.sql`
      update oauth_providers set client_secret = (select client_secret from oauth_providers where id = ${other})
      where id = ${id}`;
    const { status: code, json } = await oauth("POST", `/${id}/test`);
    expect([code, json.code, asked]).toEqual([503, "CREDENTIAL_LOCKED", []]);
  });
});

test("the secret is nowhere but in the seal: no answer, no table, no activity has it", async () => {
  answer = () => Response.json({ error: "incorrect_client_credentials" });
  const texts: string[] = [];
  const made = await oauth("POST", "", GITHUB);
  texts.push(made.text);
  const { id } = made.json;
  for (const [method, path, body] of [
    ["PUT", `/${id}`, { client_secret: `${SECRET}-2` }],
    ["POST", `/${id}/test`, undefined],
    ["GET", "", undefined],
    ["GET", `/${id}`, undefined],
    ["POST", "", { ...GITHUB, provider: SECRET, redirect_url: SECRET }],
    ["DELETE", `/${id}`, undefined],
  ] as const)
    texts.push((await oauth(method, path, body)).text);
  await added(GITHUB);
  const [stored] = await rest.database.sql<{ all: string }[]>`
    select (select string_agg(o::text, '') from oauth_providers o) || (select string_agg(e::text, '') from audit_events e) as all`;
  texts.push(stored!.all, ...rest.errors);
  expect(texts.filter((text) => text.includes("canary"))).toEqual([]);
});

test("Q17 every change is recorded, and the test with its verdict", async () => {
  answer = () => Response.json({ error: "incorrect_client_credentials" });
  const id = await added(GITHUB);
  await oauth("PUT", `/${id}`, { name: "Hub", client_secret: "x" });
  await oauth("POST", `/${id}/test`);
  await oauth("DELETE", `/${id}`);
  const activities = (await rest.call("GET", "/api/v1/activities?limit=4")).json;
  const seen = activities.map((activity: Record<string, string>) =>
    ["action", "resource_type", "resource_id", "resource_name", "status", "message"].map((field) => activity[field]),
  );
  expect(seen).toEqual([
    ["delete", "oauth_provider", id, "Hub", "success", ""],
    ["test", "oauth_provider", id, "Hub", "failed", "The provider does not accept this client and its secret."],
    ["update", "oauth_provider", id, "GitHub", "success", "Changed: name, clientSecret"],
    ["create", "oauth_provider", id, "GitHub", "success", ""],
  ]);
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});
