import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { until } from "@flux-orchestrator/testing";
import { metricsOf, readAlertRules } from "../../test/alert-rules.ts";
import { type Scrape, scrape } from "../../test/scrape.ts";
import { SmallCluster } from "../../test/small-cluster.ts";
import { useServer } from "../../test/use-server.ts";

const P = "flux_orchestrator_";
const PAGE = resolve(import.meta.dir, "../../../../docs/metrics.md");
/** Names that the page writes whole. */
const PREFIXED = /^(process|nodejs)_/;
/** In a message, a token and a search: no label may hold it. */
const CANARY = "canary-2b81c0";
const server = useServer();
let cluster: SmallCluster;
let clusterId = "";
const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, {
    method,
    keepalive: false,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
/** Scrapes until it is so; stored figures are a second old. */
const scraped = (what: string, isSo: (scrape: Scrape) => boolean): Promise<Scrape> =>
  until(what, async () => {
    const now = await scrape(server.url);
    return isSo(now) && now;
  });

beforeAll(async () => {
  cluster = await SmallCluster.start();
  cluster.objects = [
    { name: "app", version: 1 },
    { name: "broken", version: 2, ready: "False", message: CANARY },
  ];
  const made = await request("POST", "/api/v1/clusters", { name: "Edge 1", kubeconfig: cluster.kubeconfig(CANARY) });
  clusterId = ((await made.json()) as { id: string }).id;
  await until("the cluster is watched", () => cluster.isWatched);
}, 180_000);
afterAll(() => cluster.stop());

test("objects by readiness are what the database counts, and clusters what it holds", async () => {
  const now = await scraped(
    "the cluster is live",
    ({ value }) => value(`${P}cluster_streams`, { stream: "live" }) === 1 && value(`${P}queue_waiting`) === 0,
  );
  const counts = await server.database.sql<{ kind: string; word: string; count: number }[]>`
    select kind, word, sum(count)::int as count from resource_counts where count > 0 group by 1, 2`;
  expect(counts.map(({ word }) => word).sort()).toEqual(["Failed", "Ready"]);
  for (const { kind, word, count } of counts)
    expect(now.value(`${P}flux_resources_total`, { cluster_id: clusterId, kind, status: word })).toBe(count);
  expect([now.value(`${P}clusters_total`), now.value(`${P}clusters_healthy`)]).toEqual([1, 1]);
  const [row] = await server.database.sql<{ at: number }[]>`
    select extract(epoch from confirmed_at)::float8 as at from clusters`;
  const confirmed = now.value(`${P}cluster_confirmed_timestamp_seconds`, { cluster: "edge-1", cluster_id: clusterId });
  // It moves on every half minute.
  expect(Math.abs(row!.at - confirmed)).toBeLessThan(60);
});

test("events of a watch are counted by what moved", async () => {
  const events = ({ value }: Scrape, change: string) =>
    value(`${P}events_total`, { kind: "Kustomization", class: change });
  cluster.tell("MODIFIED", { name: "app", version: 10 });
  cluster.tell("MODIFIED", { name: "app", version: 11 });
  cluster.tell("MODIFIED", { name: "broken", version: 12, ready: "False", message: `other ${CANARY}` });
  cluster.tell("ADDED", { name: "fresh", version: 13 });
  cluster.tell("MODIFIED", { name: "fresh", version: 13 });
  cluster.tell("DELETED", { name: "fresh", version: 14 });
  const now = await scraped("all are told", (one) => events(one, "deleted") === 1);
  expect(["heartbeat", "flap", "news", "same", "deleted"].map((change) => events(now, change))).toEqual([
    2, 1, 1, 1, 1,
  ]);
  expect(now.value(`${P}listed_objects_total`, { kind: "Kustomization" })).toBe(2);
  expect(now.value(`${P}watches_open`)).toBe(1);
});

test("what was stored and told is counted", async () => {
  const now = await scraped("all is stored", ({ value }) => value(`${P}queue_waiting`) === 0);
  const [written] = await server.database.sql<{ rows: number }[]>`
    select count(*)::int as rows from change_log where subject = 'resource'`;
  expect(now.value(`${P}flush_rows_total`)).toBe(written!.rows);
  expect(now.value(`${P}flush_duration_seconds_count`)).toBeGreaterThan(0);
  expect(now.value(`${P}flush_failures_total`)).toBe(0);
  expect(now.value(`${P}feed_lag_seconds_count`)).toBeGreaterThan(0);
  expect(now.value(`${P}queue_waiting_max`)).toBe(5_000);
  expect(now.value(`${P}database_up`)).toBe(1);
});

test("a list begun anew is counted with its reason, a whole resync with its time", async () => {
  const relists = ({ value }: Scrape, reason: string) => value(`${P}relists_total`, { cluster_id: clusterId, reason });
  expect(relists(await scrape(server.url), "start")).toBe(1);
  cluster.compact();
  await scraped("it lists again", (one) => relists(one, "gone") === 1);
  await until("it watches again", () => cluster.isWatched);
  expect((await request("POST", `/api/v1/clusters/${clusterId}/sync`)).status).toBe(200);
  const now = await scrape(server.url);
  expect([relists(now, "start"), relists(now, "gone"), relists(now, "resync")]).toEqual([1, 1, 1]);
  expect(now.value(`${P}sync_duration_seconds_count`)).toBe(1);
  expect(now.value(`${P}counters_corrected_total`)).toBe(0);
});

test("a counter that a resync corrects is counted", async () => {
  await server.database.sql`update resource_counts set count = count + 1 where word = 'Ready'`;
  expect((await request("POST", `/api/v1/clusters/${clusterId}/sync`)).status).toBe(200);
  expect((await scrape(server.url)).value(`${P}counters_corrected_total`)).toBe(1);
  const labels = { cluster_id: clusterId, kind: "Kustomization", status: "Ready" };
  await scraped("it is right again", ({ value }) => value(`${P}flux_resources_total`, labels) === 1);
});

test("a reconcile that was asked for is counted by its outcome", async () => {
  const path = `/api/v1/clusters/${clusterId}/flux/Kustomization/apps`;
  expect((await request("POST", `${path}/app/reconcile`)).status).toBe(200);
  expect((await request("POST", `${path}/broken/reconcile`)).status).toBe(200);
  const ended = ({ value }: Scrape, status: string) =>
    value(`${P}reconciliations_total`, { cluster_id: clusterId, kind: "Kustomization", status });
  const now = await scraped("both ended", (one) => ended(one, "ready") === 1 && ended(one, "failed") === 1);
  expect(now.value(`${P}reconciles_followed`)).toBe(0);
});

test("jobs and their items are counted", async () => {
  const before = await scrape(server.url);
  expect(before.series.get(`${P}job_items_total{state="failed"}`)).toBe(0);
  expect((await request("POST", "/trpc/cluster.resyncAll", {})).status).toBe(200);
  const ended = async () => (await server.database.sql`select from jobs where state = 'ended'`).length === 1;
  await until("the job ended", ended);
  const now = await scrape(server.url);
  expect(now.value(`${P}job_items_total`, { state: "succeeded" })).toBe(1);
  expect(now.value(`${P}operations_total`, { operation: "cluster.resync", outcome: "OK" })).toBe(3);
});

test("requests are counted by route, whatever stands in the path", async () => {
  const route = { method: "GET", path: "/api/v1/clusters/:id", status: "404" };
  const before = await scrape(server.url);
  for (let count = 0; count < 5; count++) await request("GET", `/api/v1/clusters/${CANARY}-${count}?search=${CANARY}`);
  await request("OPTIONS", "/api/v1/clusters");
  await request("GET", `/trpc/${CANARY}`);
  await request("GET", `/${CANARY}/page`);
  await request("GET", `/api/v1/${CANARY}/nothing`);
  const now = await scrape(server.url);
  expect(now.value(`${P}http_requests_total`, route) - before.value(`${P}http_requests_total`, route)).toBe(5);
  const { status: _status, ...timed } = route;
  expect(now.value(`${P}http_request_duration_seconds_count`, timed)).toBe(now.value(`${P}http_requests_total`, route));
  for (const path of ["/trpc/*", "/*", "/api/v1/*"])
    expect([
      path,
      [...now.series.keys()].some((key) => key.includes(`http_requests_total`) && key.includes(`path="${path}"`)),
    ]).toEqual([path, true]);
  expect(now.text).not.toContain('method="OPTIONS"');
  expect(now.value(`${P}http_requests_total`, { method: "GET", path: "/metrics", status: "200" })).toBeGreaterThan(0);
});

test("a scrape is refused under another name and from another page, and that is counted", async () => {
  const refused = async (headers: Record<string, string>) =>
    (await request("GET", "/metrics", undefined, headers)).status;
  expect(await refused({ host: "metrics.example" })).toBe(421);
  expect(await refused({ origin: "https://elsewhere.example" })).toBe(403);
  const now = await scrape(server.url);
  expect(now.value(`${P}http_refused_total`, { status: "421" })).toBe(1);
  expect(now.value(`${P}http_refused_total`, { status: "403" })).toBe(1);
});

test("operations are counted with their outcome, through whichever door", async () => {
  const now = await scrape(server.url);
  expect(now.value(`${P}operations_total`, { operation: "cluster.register", outcome: "OK" })).toBe(1);
  expect(now.value(`${P}operations_total`, { operation: "cluster.get", outcome: "CLUSTER_NOT_FOUND" })).toBe(5);
  expect(now.value(`${P}operation_duration_seconds_count`, { operation: "cluster.get" })).toBe(5);
});

test("statements are counted by what they do to which table", async () => {
  const statements = ({ value }: Scrape, operation: string, table: string) =>
    value(`${P}database_queries_total`, { operation, table });
  const before = await scrape(server.url);
  expect((await request("PUT", "/api/v1/settings/audit_log_retention_days", { value: "30" })).status).toBe(200);
  const now = await scraped("nothing runs", ({ value }) => value(`${P}database_queries_running`) === 0);
  expect(statements(now, "insert", "settings") - statements(before, "insert", "settings")).toBe(1);
  expect(statements(now, "insert", "audit_events") - statements(before, "insert", "audit_events")).toBe(2);
});

test("open streams and their frames are counted, and no more once they end", async () => {
  const open = new AbortController();
  const input = encodeURIComponent(JSON.stringify({ topics: [{ topic: "summary" }] }));
  const stream = await fetch(`${server.url}/trpc/live.watch?input=${input}`, { signal: open.signal });
  await stream.body!.getReader().read();
  const now = await scraped(
    "the first frame is told",
    ({ value }) => value(`${P}live_frames_total`, { stream: "live.watch" }) > 0,
  );
  expect(now.value(`${P}live_subscribers`, { stream: "live.watch" })).toBe(1);
  open.abort();
  await scraped("it is closed", ({ value }) => value(`${P}live_subscribers`, { stream: "live.watch" }) === 0);
});

test("the process tells of itself", async () => {
  const now = await scraped(
    "the event loop was looked at",
    ({ value }) => value(`${P}event_loop_lag_seconds_count`) > 0,
  );
  expect(now.value(`${P}build_info`, { bun: Bun.version, version: "0.0.0" })).toBe(1);
  expect(now.value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(now.value("process_cpu_seconds_total")).toBeGreaterThan(0);
});

test("a cluster that cannot be reached is counted with the code of its problem", async () => {
  const errors = ({ value }: Scrape) =>
    value(`${P}sync_errors_total`, { cluster_id: clusterId, error_type: "CLUSTER_UNREACHABLE" });
  await cluster.stop();
  await scraped("it is noticed", (one) => errors(one) > 0);
});

test("every metric that an alert speaks of is exposed, and the page about metrics has them all", async () => {
  const { types } = await scrape(server.url);
  const exposed = (name: string) =>
    types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, "")) === "histogram";
  const named = readAlertRules().flatMap(({ expr }) => metricsOf(expr));
  expect(named.filter((name) => !exposed(name))).toEqual([]);
  const page = readFileSync(PAGE, "utf8");
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| (counter|gauge|histogram)/gm)];
  const described = Object.fromEntries(rows.map(([, name, type]) => [PREFIXED.test(name!) ? name : P + name, type!]));
  expect(described).toEqual(Object.fromEntries(types));
});

test("no label holds what an object, a credential, a person or a path says", async () => {
  const { text } = await scrape(server.url);
  for (const said of [CANARY, "Edge 1", "BuildFailed", "main@sha1", "127.0.0.1"]) expect(text).not.toContain(said);
});

test("the figures of a cluster end with it", async () => {
  expect((await request("DELETE", `/api/v1/clusters/${clusterId}`)).status).toBe(200);
  await scraped("nothing is told of it", ({ text }) => !text.includes(clusterId));
});

test("without a database a scrape is answered, with what is known without it", async () => {
  const { sql } = server.database;
  await sql`alter table feed_head rename to hidden`;
  try {
    const now = await scraped("it is noticed", ({ value }) => value(`${P}database_up`) === 0);
    expect(now.series.has(`${P}clusters_total{}`)).toBe(false);
    expect(now.value(`${P}queue_waiting_max`)).toBe(5_000);
  } finally {
    await sql`alter table hidden rename to feed_head`;
  }
});
