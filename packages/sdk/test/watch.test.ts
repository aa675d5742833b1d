import { beforeAll, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { connectionOf } from "../src/client-options.ts";
import {
  createClient,
  type FluxOrchestratorClient,
  FluxOrchestratorError,
  NotAllowedError,
  type WatchEvent,
} from "../src/index.ts";
import { watch } from "../src/watch.ts";
import { type TestServer, useTestServers } from "./test-server.ts";

const servers = useTestServers();
/** Another one over the same database, which stays up. */
let other: TestServer;
let client: FluxOrchestratorClient;
beforeAll(async () => {
  other = await servers.start();
  client = createClient({ url: servers.server.url });
});

const TOPICS = { topics: [{ topic: "summary" as const }] };
let registered = 0;

/** Of a cluster that nobody listens at. @returns its id */
async function register(at: TestServer): Promise<string> {
  const name = `gone-${++registered}`;
  const kubeconfig = JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": name },
    clusters: [{ name, cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name, user: { token: "abcdefghijklmnop" } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
  return (await createClient({ url: at.url }).cluster.register.mutate({ name, kubeconfig })).id;
}

const opened = (events: AsyncIterable<WatchEvent>) => events[Symbol.asyncIterator]();
async function nextWhere(
  events: AsyncIterator<WatchEvent>,
  wanted: (event: WatchEvent) => boolean,
): Promise<WatchEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error("the watch ended");
    if (wanted(value)) return value;
  }
}
const tellsOf =
  (id: string) =>
  ({ frame }: WatchEvent) =>
    frame.type === "cluster" && frame.clusterId === id;

test("a change arrives, with a cursor to go on from", async () => {
  const events = opened(client.watch(TOPICS));
  const hello = await events.next();
  expect(hello.value.frame.type).toBe("hello");
  const id = await register(servers.server);
  const change = await nextWhere(events, tellsOf(id));
  expect(change.frame).toMatchObject({ type: "cluster", cluster: { id } });
  expect(change.cursor).toMatch(/^[0-9a-zA-Z-]+\.\d+$/);
  await events.return?.();
});

test("a watch begun at an earlier cursor tells what happened since", async () => {
  const before = opened(client.watch(TOPICS));
  const { cursor } = (await before.next()).value;
  await before.return?.();
  const id = await register(servers.server);
  const events = opened(client.watch({ ...TOPICS, lastEventId: cursor }));
  expect((await nextWhere(events, tellsOf(id))).frame).toMatchObject({ cluster: { id } });
  await events.return?.();
});

test("a server that goes down and comes back is followed without a gap", async () => {
  const states: string[] = [];
  const events = opened(client.watch({ ...TOPICS, onConnection: (state) => states.push(state) }));
  await events.next();
  const next = events.next();
  await servers.server.down();
  const id = await register(other);
  servers.server.up();
  const seen = await next;
  const change = tellsOf(id)(seen.value) ? seen.value : await nextWhere(events, tellsOf(id));
  expect(change.frame).toMatchObject({ cluster: { id } });
  expect(states).toEqual(["connecting", "open", "connecting", "open"]);
  await events.return?.();
}, 180_000);

test("a gap that cannot be told is handed on as resync", async () => {
  const events = opened(client.watch({ ...TOPICS, lastEventId: "another-epoch.7" }));
  const { frame } = await nextWhere(events, (event) => event.frame.type === "resync");
  expect(frame).toMatchObject({ type: "resync", reason: expect.any(String) });
  await events.return?.();
});

test("leaving the loop ends the stream on the server", async () => {
  for await (const { frame } of client.watch(TOPICS)) {
    expect(frame.type).toBe("hello");
    expect(servers.server.openStreams).toBe(1);
    break;
  }
  await until("the server has seen it", () => servers.server.openStreams === 0);
});

test("aborting ends the loop with the reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const watching = (async () => {
    for await (const _event of client.watch({ ...TOPICS, signal: stop.signal })) stop.abort(reason);
  })();
  expect(await watching.catch((error: unknown) => error)).toBe(reason);
});

test("a refused watch fails as a refused call does", async () => {
  const strict = await servers.start({ authorizer: { allows: async () => false, visible: async () => ({ any: [] }) } });
  const first = opened(createClient({ url: strict.url }).watch(TOPICS)).next();
  const error = await first.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NotAllowedError);
  expect((error as NotAllowedError).code).toBe("FORBIDDEN");
});

test("topics the server does not know are refused, not tried for ever", async () => {
  const wrong = { topics: [{ topic: "weather" }] } as never;
  const error = await opened(client.watch(wrong))
    .next()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "InvalidInputError", code: "INPUT_INVALID" });
});

test("a sign-in page instead of a stream ends the watch", async () => {
  const page = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("sign in", { status: 401 }) });
  try {
    const events = opened(createClient({ url: `http://127.0.0.1:${page.port}` }).watch(TOPICS));
    const error = await events.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FluxOrchestratorError);
    expect(error).toMatchObject({ code: "UNEXPECTED_ANSWER", httpStatus: 401 });
  } finally {
    await page.stop(true);
  }
});

test("the token travels with the stream", async () => {
  const events = opened(createClient({ url: servers.server.url, token: "secret" }).watch(TOPICS));
  await events.next();
  expect(servers.server.requests.at(-1)?.headers.get("authorization")).toBe("Bearer secret");
  await events.return?.();
});

test("a stream that has fallen silent is opened again where it stopped", async () => {
  const asked: (string | undefined)[] = [];
  const mute = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      asked.push(JSON.parse(new URL(request.url).searchParams.get("input")!).lastEventId);
      const hello = { id: "a.3", data: { type: "hello", cursor: "a.3", serverTime: "2026-01-01T00:00:00Z" } };
      const said = `event: connected\ndata: {}\n\ndata: ${JSON.stringify(hello)}\nid: a.3\n\n`;
      const body = new ReadableStream({ start: (controller) => controller.enqueue(said) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  try {
    const problems: (string | undefined)[] = [];
    const url = `http://127.0.0.1:${mute.port}`;
    const onConnection = (_state: string, error?: FluxOrchestratorError) => problems.push(error?.code);
    const events = watch(connectionOf({ url }), { ...TOPICS, onConnection }, 200);
    await events.next();
    await events.next();
    // On a busy machine the first answer too may come only after a silence.
    expect([asked[0], asked.at(-1)]).toEqual([undefined, "a.3"]);
    expect(problems).toContain("UNREACHABLE");
    await events.return();
  } finally {
    await mute.stop(true);
  }
});
