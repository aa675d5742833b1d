import { afterAll, beforeAll, expect, test } from "bun:test";
import { type PostgresFaultProxy, startPostgresFaultProxy } from "@flux-orchestrator/testing";
import { useServer } from "../../test/use-server.ts";
import { V1_ROUTES } from "./rest-v1.ts";
import { kubeconfigOf } from "./test-rest.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";

let proxy: PostgresFaultProxy | undefined;
const server = useServer({
  async over(url) {
    const { port, username, pathname } = new URL(url);
    proxy = await startPostgresFaultProxy({ port: Number(port) });
    return `postgres://${username}@127.0.0.1:${proxy.port}${pathname}`;
  },
});
beforeAll(async () => {
  await proxy!.inject({ fault: "refuse" });
  await proxy!.inject({ fault: "reset" });
});
afterAll(async () => {
  await proxy?.heal();
  await server.stop();
  await proxy?.stop();
}, 60_000);

const id = crypto.randomUUID();
const PARTS: Record<string, string> = { id, kind: "Kustomization", namespace: "apps", name: "web", key: "theme" };
const ref = { cluster_id: id, kind: "Kustomization", namespace: "apps", name: "web" };
/** What every route finds its fields in: those of others are ignored. */
const BODY = {
  ...ref,
  kubeconfig: kubeconfigOf("https://127.0.0.1:1"),
  value: "dark",
  action: "suspend",
  objects: [ref],
  replicas: 1,
  spec: { interval: "5m" },
  permission_ids: [],
  role_ids: [],
  enabled: true,
  provider: "github",
  client_id: "c",
  client_secret: "s",
  redirect_url: "https://a",
};
/** Fields that mean something else to one of them. */
const OWN: Record<string, object> = { "POST /api/v1/tokens": { kind: "personal", permissions: ["setting.read"] } };
/** What answers without a database: what is not built yet, and what sees at once that an id is none of its own. */
const WITHOUT: Record<string, number> = {
  "GET /api/v1/resources/:id": 404,
  "GET /api/v1/activities/:id": 404,
  "GET /api/v1/azure/subscriptions": 200,
  "POST /api/v1/azure/subscriptions": 400,
  "GET /api/v1/azure/subscriptions/:id": 404,
  "GET /api/v1/azure/subscriptions/:id/clusters": 404,
  "GET /api/v1/auth/status": 200,
  "GET /api/v1/auth/me": 401,
  "POST /api/v1/auth/logout": 200,
  "GET /api/v1/auth/login": 404,
  "GET /api/v1/auth/callback": 404,
};

/** At once, so that all wait for one attempt to connect. */
const answers = () =>
  Promise.all(
    V1_ROUTES.map(async ({ method, path }) => {
      const address = path.replace(/:(\w+)/g, (_, part: string) => PARTS[part] ?? "x");
      const sent =
        method === "POST" || method === "PUT" ? { body: JSON.stringify({ ...BODY, ...OWN[`${method} ${path}`] }) } : {};
      const answer = await fetch(server.url + address, { method, keepalive: false, ...sent });
      return {
        route: `${method} ${path}`,
        status: answer.status,
        retryAfter: answer.headers.get("retry-after"),
        failure: (await answer.json()) as Record<string, unknown>,
      };
    }),
  );

test("without a database every route says so, when to come back, and what to do", async () => {
  for (const { route, status, retryAfter, failure } of await answers()) {
    expect([route, status]).toEqual([route, WITHOUT[route] ?? 503]);
    if (status >= 400) expectShape(failure, FAILURE);
    if (status !== 503) continue;
    expect([route, failure["code"]]).toEqual([route, expect.stringMatching(/^(DB|AUDIT)_UNAVAILABLE$/)]);
    expect([route, retryAfter]).toEqual([route, "2"]);
  }
}, 60_000);

test("the server itself says that it is not ready, and lives", async () => {
  const ready = await fetch(`${server.url}/readiness`);
  expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "2"]);
  expect((await fetch(`${server.url}/liveness`)).status).toBe(200);
});
