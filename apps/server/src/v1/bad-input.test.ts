import { beforeAll, describe, expect, test } from "bun:test";
import type { ErrorBody } from "@flux-orchestrator/contract";
import { useServer } from "../../test/use-server.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

const MARK = "q7mark5z";
const server = useServer();
const ids = { role: "", provider: "" };

async function send(method: string, path: string, body: unknown) {
  const response = await fetch(server.url + path, {
    method,
    keepalive: false,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}
const PROVIDER = { name: "Hub", provider: "github", client_id: "c", client_secret: "s", redirect_url: "http://a/b" };

beforeAll(async () => {
  ids.role = (await send("POST", "/api/v1/rbac/roles", { name: "Deployers", permission_ids: ["user.read"] })).json.id;
  ids.provider = (await send("POST", "/api/v1/oauth/providers", PROVIDER)).json.id;
  const user = { id: "ada@example.com", email: "ada@example.com", provider: "github" };
  await server.database.sql`insert into users ${server.database.sql(user)}`;
  await send("PUT", "/api/v1/settings/theme", { value: "dark" });
});

/** Bodies that are none, for every route that reads one. */
const NO_BODIES = [undefined, "", "{", "[]", '"text"', "7", `{"name":"${MARK}"`];
const LONG = MARK.repeat(20_000);
const NUL = `${MARK}\0`;

/** Fields of a body that are of the wrong type, too long, or cannot be kept. */
const BAD_FIELDS: [method: string, path: string, bodies: object[]][] = [
  [
    "POST",
    "/rbac/roles",
    [
      {},
      { name: "" },
      { name: "   " },
      { name: null },
      { name: 7 },
      { name: [MARK] },
      { name: LONG },
      { name: NUL },
      { name: `${MARK}\nx` },
      { name: `\u202e${MARK}` },
      { name: MARK, description: 7 },
      { name: MARK, description: LONG },
      { name: MARK, description: NUL },
      { name: MARK, permission_ids: "user.read" },
      { name: MARK, permission_ids: [7] },
      { name: MARK, permission_ids: [null] },
      { name: MARK, permission_ids: { a: 1 } },
      { name: MARK, permission_ids: [""] },
      { name: MARK, permission_ids: [NUL] },
      { name: MARK, permission_ids: Array(1001).fill(MARK) },
    ],
  ],
  [
    "PUT",
    "/rbac/roles/:role",
    [{ name: 7 }, { name: "  " }, { name: LONG }, { name: NUL }, { description: {} }, { description: LONG }],
  ],
  [
    "PUT",
    "/rbac/roles/:role/permissions",
    [{ permission_ids: MARK }, { permission_ids: [1] }, { permission_ids: [LONG] }],
  ],
  [
    "PUT",
    "/rbac/users/ada@example.com",
    [{ name: 7 }, { name: LONG }, { name: NUL }, { enabled: "false" }, { enabled: 0 }, { enabled: [] }],
  ],
  [
    "PUT",
    "/rbac/users/ada@example.com/roles",
    [{ role_ids: "admin" }, { role_ids: [7] }, { role_ids: [""] }, { role_ids: [NUL] }],
  ],
  [
    "POST",
    "/oauth/providers",
    [
      {},
      ...["name", "provider", "client_id", "client_secret", "redirect_url"].flatMap((field) =>
        ["", null, 7, [MARK], NUL].map((value) => ({ ...PROVIDER, [field]: value })),
      ),
      { ...PROVIDER, provider: MARK },
      { ...PROVIDER, provider: "GitHub" },
      { ...PROVIDER, provider: "entra" },
      { ...PROVIDER, provider: "entra", tenant_id: "../x" },
      { ...PROVIDER, provider: "entra", tenant_id: "a/b" },
      { ...PROVIDER, provider: "entra", tenant_id: "a?b" },
      { ...PROVIDER, provider: "entra", tenant_id: `${MARK} .` },
      { ...PROVIDER, redirect_url: MARK },
      { ...PROVIDER, redirect_url: `javascript:${MARK}` },
      { ...PROVIDER, redirect_url: `ftp://${MARK}` },
      { ...PROVIDER, redirect_url: `https://u:${MARK}@a` },
      { ...PROVIDER, enabled: "true" },
      { ...PROVIDER, scopes: 7 },
      { ...PROVIDER, allowed_users: [MARK] },
      { ...PROVIDER, client_secret: LONG },
    ],
  ],
  [
    "PUT",
    "/oauth/providers/:provider",
    [
      { name: "" },
      { name: 7 },
      { client_id: "" },
      { redirect_url: "" },
      { redirect_url: MARK },
      { enabled: "x" },
      { scopes: {} },
      { client_secret: 7 },
      { tenant_id: "a b" },
    ],
  ],
  [
    "POST",
    "/azure/subscriptions",
    [{}, { name: MARK }, { name: MARK, credentials: [] }, { name: MARK, credentials: { client_secret: 7 } }],
  ],
  ["PUT", "/settings/auto_sync_interval_minutes", [{}, { value: 7 }, { value: "0" }, { value: MARK }]],
];
const pathOf = (path: string) => `/api/v1${path.replace(":role", ids.role).replace(":provider", ids.provider)}`;

describe("over REST (§3.6, §3.7, §3.11, §3.12: 400, Q7, Q40)", () => {
  test.each(BAD_FIELDS)(
    "%s %s refuses what is no body and no field, tells nothing of it and changes nothing",
    async (method, path, bodies) => {
      const before = await tableHashes(server.database);
      for (const body of [...NO_BODIES, ...bodies]) {
        const { status, json, text } = await send(method, pathOf(path), body);
        expect([JSON.stringify(body)?.slice(0, 80), status]).toEqual([JSON.stringify(body)?.slice(0, 80), 400]);
        expectShape(json, FAILURE);
        expect(text).not.toContain(MARK);
        if (NO_BODIES.includes(body as string)) expect(json.code).toBe("BODY_SYNTAX");
      }
      expect(await tableHashes(server.database)).toEqual(before);
    },
  );

  test("a body of more than 1 MiB is refused whatever it is for", async () => {
    const before = await tableHashes(server.database);
    for (const [method, path] of BAD_FIELDS) {
      const { status, json } = await send(method, pathOf(path), { name: "x".repeat(1024 * 1024) });
      expect([path, status, json.code]).toEqual([path, 413, "BODY_TOO_LARGE"]);
    }
    expect(await tableHashes(server.database)).toEqual(before);
  });

  test("ids that nobody can have are 400 or 404", async () => {
    const before = await tableHashes(server.database);
    for (const id of ["%00", "x".repeat(300), "%2e%2e%2f", "'%3b--", MARK]) {
      for (const [method, path] of [
        ["GET", `/rbac/users/${id}`],
        ["DELETE", `/rbac/users/${id}`],
        ["GET", `/rbac/roles/${id}`],
        ["DELETE", `/rbac/roles/${id}`],
        ["GET", `/oauth/providers/${id}`],
        ["DELETE", `/oauth/providers/${id}`],
        ["POST", `/oauth/providers/${id}/test`],
        ["GET", `/azure/subscriptions/${id}`],
        ["POST", `/azure/subscriptions/${id}/sync`],
        ["GET", `/clusters/${id}/export`],
      ] as const) {
        const { status, json, text } = await send(method, `/api/v1${path}`, undefined);
        expect([path, [400, 404]]).toEqual([path, expect.arrayContaining([status])]);
        expectShape(json, FAILURE);
        expect(text).not.toContain(MARK);
      }
    }
    expect(await tableHashes(server.database)).toEqual(before);
  });
});

const OAUTH = { name: "Hub", provider: "github", clientId: "c", clientSecret: "s", redirectUrl: "http://a/b" };
const BAD_CALLS: [procedure: string, inputs: unknown[]][] = [
  [
    "role.create",
    [
      undefined,
      {},
      { name: "" },
      { name: MARK, [MARK]: 1 },
      { name: MARK, permissionIds: "x" },
      { name: NUL },
      [MARK],
      MARK,
    ],
  ],
  ["role.update", [{ role: "" }, { role: NUL, name: "x" }, { role: "x", builtIn: true }, { role: "x", name: 7 }]],
  [
    "role.setPermissions",
    [{ role: "x" }, { role: "x", permissionIds: [7] }, { role: "x", permissionIds: Array(1001).fill("a") }],
  ],
  ["role.remove", [{}, { role: 7 }, { role: "x".repeat(256) }]],
  ["user.update", [{}, { user: "ada@example.com", enabled: "no" }, { user: "ada@example.com", email: MARK }]],
  ["user.setRoles", [{ user: "ada@example.com" }, { user: "ada@example.com", roleIds: [NUL] }]],
  ["user.remove", [{}, { user: null }]],
  [
    "oauth.create",
    [
      {},
      { ...OAUTH, provider: MARK },
      { ...OAUTH, provider: "entra" },
      { ...OAUTH, redirectUrl: MARK },
      { ...OAUTH, [MARK]: 1 },
      { ...OAUTH, clientSecret: "" },
      { ...OAUTH, status: "healthy" },
    ],
  ],
  [
    "oauth.update",
    [
      { id: "x", provider: "entra" },
      { id: "x", clientSecret: "" },
      { id: "x", name: "" },
      { id: "x", tenantId: "a/b" },
    ],
  ],
  ["oauth.remove", [{}, { id: NUL }]],
  ["oauth.test", [{}, { id: "" }]],
  ["setting.update", [{}, { key: "", value: "x" }, { key: "a", value: "" }, { key: NUL, value: "x" }]],
];

describe("over tRPC", () => {
  test.each(BAD_CALLS)(
    "%s refuses with 422, tells nothing of the input and changes nothing",
    async (procedure, inputs) => {
      const before = await tableHashes(server.database);
      for (const input of inputs) {
        const { status, json, text } = await send(
          "POST",
          `/trpc/${procedure}`,
          input === undefined ? "" : JSON.stringify(input),
        );
        const { code } = json.error.data as { code: ErrorBody["code"] };
        expect([JSON.stringify(input), status]).toEqual([JSON.stringify(input), 422]);
        expect(["INPUT_INVALID", "NAME", "SETTING"]).toContain(code);
        expect(text).not.toContain(MARK);
      }
      expect(await tableHashes(server.database)).toEqual(before);
    },
  );

  test("what nobody has is 404, a built-in role 403, a taken name 409", async () => {
    const before = await tableHashes(server.database);
    for (const [procedure, input, status, code] of [
      ["role.update", { role: "nope", name: "x" }, 404, "NOT_FOUND"],
      ["user.remove", { user: "nope" }, 404, "NOT_FOUND"],
      ["oauth.update", { id: "nope", name: "x" }, 404, "NOT_FOUND"],
      ["role.remove", { role: "viewer" }, 403, "BUILT_IN_ROLE"],
      ["role.setPermissions", { role: "admin", permissionIds: [] }, 403, "BUILT_IN_ROLE"],
      ["role.create", { name: "DEPLOYERS" }, 409, "NAME_TAKEN"],
    ] as const) {
      const answer = await send("POST", `/trpc/${procedure}`, input);
      expect([procedure, answer.status, answer.json.error.data.code]).toEqual([procedure, status, code]);
    }
    expect(await tableHashes(server.database)).toEqual(before);
  });
});
