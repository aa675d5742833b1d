import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { freePorts, until } from "@flux-orchestrator/testing";
import pino from "pino";
import { SmallCluster } from "../../test/small-cluster.ts";
import { type InClusterConfig, readConfig } from "../config.ts";
import { type Running, run } from "../run.ts";

setDefaultTimeout(180_000);
const home = mkdtempSync(join(tmpdir(), "fo-in-cluster-"));
let api: SmallCluster;
let running: Running | undefined;
const stop = async () => {
  await running?.stop();
  running = undefined;
};
// Before the database's own: hooks run in the order in which they are declared.
afterAll(async () => {
  await stop();
  await api.stop();
  rmSync(home, { recursive: true, force: true });
});
const db = useDatabase();
beforeAll(async () => {
  api = await SmallCluster.start();
  api.objects = [{ name: "web", version: 1 }];
  pod({ token: "canary-token-1", ca: api.authority.cert });
});

/** What the kubelet mounts into a pod. */
function pod({ token, ca }: { token: string; ca: string }): void {
  writeFileSync(join(home, "token"), `${token}\n`);
  writeFileSync(join(home, "ca.crt"), ca);
}

/** The product as it is started in a pod of the cluster, but for where its service account lies. */
async function start(change: Partial<InClusterConfig> = {}): Promise<void> {
  const [port] = await freePorts(1);
  const { hostname, port: apiPort } = new URL(api.server.url);
  const config = readConfig({
    HOME: home,
    FLUX_ORCHESTRATOR_HOME: home,
    PORT: String(port),
    DATABASE_URL: await db.url(),
    SCRAPE_IN_CLUSTER: "true",
    IN_CLUSTER_NAME: "Home",
    IN_CLUSTER_DESCRIPTION: "Where we live",
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: apiPort,
  });
  const inCluster = { ...config.inCluster!, directory: home, ...change };
  running = await run({ ...config, inCluster }, pino({ level: "silent" }), () => {});
}

const get = async (path: string) => {
  const response = await fetch(`${running!.url}/api/v1${path}`, { keepalive: false });
  return { status: response.status, text: await response.text() };
};
const isLive = async () => JSON.parse((await get("/clusters/in-cluster")).text).status === "healthy";
const tokens = () => new Set(api.server.requests.map(({ headers }) => headers["authorization"]));
const created = () => db.database.sql`select * from audit_events where part = 'outcome' order by id`;

test("§4.3, §10 the cluster the server runs in is registered at the start, and answers to its id", async () => {
  await start();
  const { status, text } = await get("/clusters/in-cluster");
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ name: "Home", description: "Where we live", source: "manual" });
  await until("the objects are there", async () =>
    (await get("/clusters/in-cluster/resources")).text.includes('"web"'),
  );
  await until("it answered", isLive);
  expect([...tokens()]).toEqual(["Bearer canary-token-1"]);
  expect(await created()).toMatchObject([
    {
      operation: "cluster.registerInCluster",
      action: "create",
      resource_name: "Home",
      actor: "system",
      through: "system",
    },
  ]);
});

test("another start finds it again, whatever it is called now, and records nothing", async () => {
  await db.database.sql`update clusters set name = 'Ours', name_key = 'ours'`;
  await stop();
  api.compact();
  await start();
  expect(JSON.parse((await get("/clusters")).text)).toMatchObject([{ name: "Ours" }]);
  expect(await created()).toHaveLength(1);
});

test("a renewed token is used once the old one is refused, without a restart", async () => {
  await until("it is watched with the old one", () => api.isWatched);
  pod({ token: "canary-token-2", ca: api.authority.cert });
  const { answer } = api.server;
  const refused: string[] = [];
  api.server.answer = (request, reply) => {
    if (request.headers["authorization"] === "Bearer canary-token-2") return answer(request, reply);
    refused.push(request.path);
    return reply.send(401, { kind: "Status", code: 401, reason: "Unauthorized" });
  };
  const synced = await fetch(`${running!.url}/api/v1/clusters/in-cluster/sync`, { method: "POST", keepalive: false });
  expect([synced.status, ((await synced.json()) as { count: number }).count]).toEqual([200, 1]);
  expect(refused.length).toBeGreaterThan(0);
});

test("Q49 a cluster of the same name is left alone, and the start goes on", async () => {
  await stop();
  await db.database
    .sql`update clusters set source = 'manual', name = 'Home', name_key = 'home', description = 'Somebody'`;
  await start();
  expect(JSON.parse((await get("/clusters")).text)).toMatchObject([{ name: "Home", description: "Somebody" }]);
  await stop();
  await db.database.sql`update clusters set source = 'in-cluster'`;
  await start();
});

test("another address or authority is followed", async () => {
  await stop();
  const other = await SmallCluster.start();
  pod({ token: "canary-token-3", ca: other.authority.cert });
  await start({ server: other.server.url });
  await until("the other was asked", () => other.server.requests.length > 0);
  expect(new Set(other.server.requests.map(({ headers }) => headers["authorization"]))).toEqual(
    new Set(["Bearer canary-token-3"]),
  );
  expect((await created()).at(-1)).toMatchObject({ operation: "cluster.moveInCluster", action: "update" });
  await stop();
  await other.stop();
});

test("the token is nowhere in the database", async () => {
  const tables = await db.database.sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
  for (const { name } of tables) {
    const [row] = await db.database.sql<{ has: boolean | null }[]>`
      select bool_or(t::text like '%canary-token%') as has from ${db.database.sql(name)} t`;
    expect([name, row?.has ?? false]).toEqual([name, false]);
  }
});

test("without a service account the start is refused in words", async () => {
  await expect(start({ directory: join(home, "nothing") })).rejects.toThrow(/^SCRAPE_IN_CLUSTER must be unset/);
});
