import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { type BadInput, type Family, MARK, send, testBadInput } from "../../test/bad-input.ts";
import { ObjectCluster } from "../../test/object-cluster.ts";
import { useServer } from "../../test/use-server.ts";

const server = useServer();
let cluster: ObjectCluster;
let id = "";
const pod = (name: string) => ({
  kind: "Pod",
  namespace: "apps",
  name,
  sent: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "apps", uid: `uid-${name}`, resourceVersion: "7", labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "x" }] },
  },
});

beforeAll(async () => {
  cluster = await ObjectCluster.start();
  cluster.objects = [pod("web")];
  cluster.log = "2026-01-02T03:04:05.5Z ready\n";
  id = (await send(server, "POST /clusters", { name: "one", kubeconfig: cluster.kubeconfig(MARK) })).json.id;
  await until("it is watched", async () => {
    const found = await server.database.sql`
      select from clusters where stream = 'live'
        and not exists (select from cluster_kinds k where k.cluster_id = id and k.state = 'syncing')`;
    return found.length === 1;
  });
}, 60_000);
afterAll(() => cluster.stop());

const POD = { cluster: ":id", namespace: "apps", name: "web" };
const v1 = (query: string, status: number, code?: string): BadInput => [
  `GET /clusters/:id/pods/apps/web/logs?${query}`,
  undefined,
  status,
  code,
];
const podLog = (input: object, status: number, code?: string): BadInput => [
  "query workload.podLog",
  { ...POD, ...input },
  status,
  code,
];
const fleetLog = (input: object, status: number, code?: string): BadInput => [
  "query workload.logs",
  { clusters: [":id"], ...input },
  status,
  code,
];
const NO_TAILS = [-1, 0, 10_001, 1e12, "all", "5", null, 1.5];
const NO_CONTAINERS = ["../x", "A", "a.b", "x".repeat(64), "a b", "\0", "web/../x"];
const NO_SELECTORS = ["a in (", "in ()", "a in b", "=", "!", "a=b,,c", `a=${MARK} b`];
const NO_TIMES = ["yesterday", "2026-01-01", "now()-1", "9999-01-01T00:00:00Z", MARK];

const family: Family = {
  "B173 a number of lines that is none": [
    ...NO_TAILS.flatMap((tail) => [podLog({ tail }, 422, "TAIL"), fleetLog({ tail }, 422, "TAIL")]),
    // Q40: clamped, or as good as absent.
    ...["-1", "0", "10001", "1e12", "all", ""].flatMap((tail): BadInput[] => [
      v1(`tail=${tail}`, 200),
      [`GET /logs/aggregated?tail_lines=${tail}`, undefined, 200],
    ]),
  ],
  "B174 a container that is none, or not there": [
    ...NO_CONTAINERS.flatMap((container) => [
      v1(`container=${encodeURIComponent(container)}`, 400, "NAME"),
      podLog({ container }, 422, "NAME"),
    ]),
    v1("container=other", 404, "OBJECT_NOT_FOUND"),
    podLog({ container: "other" }, 404, "OBJECT_NOT_FOUND"),
    podLog({ container: "" }, 422, "NAME"),
    v1("container=", 200),
    v1("container=other&follow=true", 404, "OBJECT_NOT_FOUND"),
    ["GET /clusters/:id/pods/apps/missing/logs?follow=true", undefined, 404, "OBJECT_NOT_FOUND"],
    ["GET /clusters/nope/pods/apps/web/logs?follow=true", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["GET /clusters/:id/pods/..%2fx/web/logs", undefined, 400, "NAME"],
    ["GET /clusters/:id/pods/apps/web%00/containers", undefined, 400, "NAME"],
  ],
  "B175 no cluster to read the logs of": [
    fleetLog({ clusters: [] }, 422, "CLUSTER_REQUIRED"),
    ["query workload.logs", {}, 422, "CLUSTER_REQUIRED"],
    fleetLog({ clusters: ":id" }, 422, "CLUSTER_REQUIRED"),
    // Q21: ids that nobody knows are ignored.
    ["GET /logs/aggregated?cluster_id=nope", undefined, 200],
  ],
  "B167 a selector or a namespace that is none": NO_SELECTORS.flatMap((selector): BadInput[] => [
    fleetLog({ labelSelector: selector }, 422, "LABELS"),
    [`GET /logs/aggregated?label_selector=${encodeURIComponent(selector)}`, undefined, 400, "LABELS"],
    ["GET /logs/aggregated?namespace=..%2fx", undefined, 400, "NAME"],
    fleetLog({ namespace: "../x" }, 422, "NAME"),
  ]),
  "B177 a time that is none, or has not been": NO_TIMES.flatMap((since) => [
    v1(`since=${encodeURIComponent(since)}`, 400, "INPUT_INVALID"),
    v1(`since=${encodeURIComponent(since)}&follow=true`, 400, "INPUT_INVALID"),
    podLog({ since }, 422, "INPUT_INVALID"),
    fleetLog({ since }, 422, "INPUT_INVALID"),
  ]),
  "B88 fields that no log has": [
    podLog({ [MARK]: 1 }, 422, "INPUT_INVALID"),
    podLog({ previous: "yes" }, 422, "INPUT_INVALID"),
    fleetLog({ cluster: ":id" }, 422, "INPUT_INVALID"),
  ],
};
testBadInput(server, family, { fill: (text) => text.replaceAll(":id", id) });

test("B177 of a hundred years ago is of the beginning", async () => {
  const since = "1926-01-01T00:00:00Z";
  const { json } = await send(server, `GET /clusters/${id}/pods/apps/web/logs?since=${since}`, undefined);
  expect(json).toEqual({ logs: "ready\n" });
});

test("B178 what steers terminals, breaks lines or is no text is taken out of a log", async () => {
  const hostile: [line: string | Buffer, shown: string][] = [
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]8;;http://evil/\u0007link\u001b]8;;\u0007", "link"],
    ["\u001b]52;c;ZXZpbA==\u0007copied", "copied"],
    ["nul\0 bidi\u202e", "nul\ufffd bidi\ufffd"],
    [`https://user:${MARK}@example.com/x`, "https://*****@example.com/x"],
  ];
  cluster.log = hostile.map(([line]) => `2026-01-02T03:04:05.5Z ${line}\n`).join("");
  for (const path of ["/clusters/:id/pods/apps/web/logs", "/logs/aggregated"]) {
    const { text } = await send(server, `GET ${path.replace(":id", id)}` as "GET /", undefined);
    expect(text).not.toMatch(new RegExp(`\\u001b|\\\\u001b|\\\\u0000|\\u202e|${MARK}`));
  }
  const { json } = await send(server, `GET /clusters/${id}/pods/apps/web/logs`, undefined);
  expect(json.logs.split("\n").slice(0, 3)).toEqual(hostile.slice(0, 3).map(([, shown]) => shown));
  cluster.log = `2026-01-02T03:04:05.5Z ${"x".repeat(1024 * 1024)}\n`;
  const long = await send(server, `GET /clusters/${id}/pods/apps/web/logs`, undefined);
  expect(long.json.logs.length).toBeLessThan(128 * 1024);
});

test("B176 of more pods than are read at once, what is missing is said", async () => {
  cluster.objects = Array.from({ length: 101 }, (_, at) => pod(`web-${at}`));
  cluster.log = "2026-01-02T03:04:05.5Z ready\n";
  const { json } = await send(server, "GET /logs/aggregated", undefined);
  expect([json.count, json.truncated, json.left_out]).toEqual([
    100,
    true,
    [{ cluster_id: id, cluster_name: "one", pods: 1, lines: 0 }],
  ]);
  const own = await send(server, `query workload.logs`, { clusters: [id] });
  expect([own.json.result.data.complete, own.json.result.data.leftOut]).toEqual([
    false,
    [{ clusterId: id, clusterName: "one", pods: 1, lines: 0 }],
  ]);
  cluster.objects = [pod("web")];
});

describe("streams", () => {
  const topics = (input: object) => `/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
  const ALL = { topics: [{ topic: "summary" }] };
  /** What a stream says first; it is left after so many events. */
  async function events(path: string, init: RequestInit = {}, count = 2): Promise<{ status: number; text: string }> {
    const response = await fetch(server.url + path, { keepalive: false, ...init });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let done = false; !done && text.split("\n\n").length <= count; ) {
      const piece = await reader.read();
      done = piece.done;
      text += piece.value ?? "";
    }
    await reader.cancel();
    return { status: response.status, text };
  }

  test.each<object>([
    {},
    { topics: [] },
    { topics: MARK },
    { topics: [{ topic: MARK }] },
    { topics: [{ topic: "summary", [MARK]: 1 }] },
    { topics: Array(21).fill({ topic: "summary" }) },
    { topics: [{ topic: "query", filter: { kind: [MARK] } }] },
    { ...ALL, [MARK]: 1 },
    { ...ALL, lastEventId: 7 },
  ])("B164 %j opens no stream, and says why in one", async (input) => {
    const { status, text } = await events(topics(input));
    expect([status, text]).toEqual([200, expect.stringContaining('"code":"INPUT_INVALID"')]);
    expect(text).toContain('"hint":');
    expect(text).not.toContain(MARK);
  });

  test.each(["{", "", MARK])("B184 an input %j is no input", async (input) => {
    const { text } = await events(`/trpc/live.watch?input=${input}`);
    expect(text).toMatch(/"code":"(BODY_SYNTAX|INPUT_INVALID)"/);
    expect(text).not.toContain(MARK);
  });

  test.each(["nope", "-1", "1;2", "0.-1", "0.99999999999999999999", "other.1", "0.1\t", "..", "0.1e9"])(
    "B180 a last event %j that nobody was told makes its reader begin anew",
    async (last) => {
      const { status, text } = await events(topics(ALL), { headers: { "last-event-id": last } }, 3);
      expect([status, text]).toEqual([200, expect.stringContaining('"type":"hello"')]);
      expect(text).toContain('"type":"resync"');
      expect(text).not.toContain(MARK);
    },
  );

  test("B180 a last event of 10 KB is refused", async () => {
    const { text } = await events(topics({ ...ALL, lastEventId: "x".repeat(10_000) }));
    expect(text).toContain('"code":"INPUT_INVALID"');
  });

  test.each<[who: string, headers: Record<string, string>]>([
    ["another page", { origin: "https://evil.example" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
  ])("B179 %s reads no stream", async (_who, headers) => {
    for (const path of [topics(ALL), `/api/v1/clusters/${id}/pods/apps/web/logs?follow=true`]) {
      const { status, text } = await events(path, { headers });
      expect([status, text]).toEqual([403, expect.stringContaining("CSRF")]);
    }
  });

  test("B183 a stream is only read", async () => {
    const posted = await send(server, "mutation live.watch", ALL);
    // tRPC says it in the stream.
    expect([posted.headers.get("allow"), posted.text]).toEqual([
      "GET",
      expect.stringContaining('"METHOD_NOT_ALLOWED"'),
    ]);
    const head = await fetch(`${server.url}/api/v1/clusters/${id}/pods/apps/web/logs?follow=true`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const { status } = await events(topics(ALL), { headers: { range: "bytes=0-1" } });
    expect(status).toBe(200);
  });
});
