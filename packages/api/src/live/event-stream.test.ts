import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import type { LiveFrame } from "@flux-orchestrator/contract";
import { until } from "@flux-orchestrator/testing";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { appRouter } from "../router.ts";
import { liveEventStream } from "./event-stream.ts";

const fixture = useApi();
let server: ReturnType<typeof Bun.serve>;
const contextOf = (actor: string) =>
  fixture.api.requestContext({ actor: { id: actor }, requestId: "request-1", through: "sdk" });

beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    fetch: (request) => liveEventStream(contextOf("operator"), request),
  });
});
afterAll(() => server.stop(true));

const ADDRESS = "http://localhost/trpc/live.watch";
const addressOf = (input: unknown) => `${ADDRESS}?input=${encodeURIComponent(JSON.stringify(input))}`;
const ours = (url: string, init: RequestInit = {}, actor = "operator") =>
  liveEventStream(contextOf(actor), new Request(url, init));
const theirs = (url: string, actor = "operator") =>
  fetchRequestHandler({
    endpoint: "/trpc",
    req: new Request(url),
    router: appRouter,
    createContext: () => contextOf(actor),
  });

/** Fields of the events in the order they came, until `count` of them are there. */
async function eventsOf(response: Response, count: number): Promise<Record<string, string>[]> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const events = () => text.split(/\n\n+/).filter((event) => event !== "");
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += chunk.value;
    if (events().length >= count && text.endsWith("\n\n")) break;
  }
  await reader.cancel();
  return events().map((event) =>
    Object.fromEntries(
      event.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    ),
  );
}

test("a stream reads as tRPC's own does: connected, then frames with the cursor after them", async () => {
  const input = { topics: [{ topic: "summary" }] };
  const [mine, trpcs] = [await eventsOf(ours(addressOf(input)), 2), await eventsOf(await theirs(addressOf(input)), 2)];
  expect(mine[0]).toEqual(trpcs[0]!);
  expect(Object.keys(mine[1]!).sort()).toEqual(Object.keys(trpcs[1]!).sort());
  const hello = JSON.parse(mine[1]!["data"]!) as Extract<LiveFrame, { type: "hello" }>;
  expect(hello).toMatchObject({ type: "hello", cursor: mine[1]!["id"]! });
});

test("a refusal is the event tRPC's clients know, with code and request id", async () => {
  fixture.rights.give("guest", allBut("resource.read"));
  const input = { topics: [{ topic: "summary" }] };
  for (const [url, actor] of [
    [addressOf(input), "guest"],
    [addressOf({ topics: [] }), "operator"],
    [`${ADDRESS}?input={`, "operator"],
  ] as const) {
    const [mine, trpcs] = [await eventsOf(ours(url, {}, actor), 2), await eventsOf(await theirs(url, actor), 2)];
    expect(mine[1]!["event"]).toBe("serialized-error");
    expect(JSON.parse(mine[1]!["data"]!)).toEqual(JSON.parse(trpcs[1]!["data"]!));
  }
});

test("a client that comes back says where it stopped in its header, and goes on from there", async () => {
  const clusterId = await insertCluster(fixture.database);
  const url = addressOf({ topics: [{ topic: "query", filter: { cluster: [clusterId] } }] });
  const [, hello] = await eventsOf(ours(url), 2);
  await storeRows(fixture.database, [{ clusterId, name: "meanwhile" }]);
  const [, again, changes] = await eventsOf(ours(url, { headers: { "last-event-id": hello!["id"]! } }), 3);
  expect(again!["id"]).toBe(hello!["id"]!);
  expect(JSON.parse(changes!["data"]!)).toMatchObject({ type: "changes", changes: [{ name: "meanwhile" }] });
});

test("what a client does not take is not kept for it without bound: it is told to fetch anew", async () => {
  const clusterId = await insertCluster(fixture.database);
  const url = new URL(addressOf({ topics: [{ topic: "query", filter: { cluster: [clusterId] } }] }));
  let text = "";
  const socket = await new Promise<Socket>((open) => {
    const connecting = connect(server.port!, "127.0.0.1", () => open(connecting));
  });
  socket.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await until("the stream is open", () => text.includes('"hello"'));
  socket.pause();
  // More than the buffers of two sockets hold.
  const long = "x".repeat(8_000);
  let position = 0;
  const unsubscribe = fixture.fleet.feed.subscribe((batch) => (position = batch.position.number));
  for (let stretch = 0; stretch < 80; stretch++) {
    const rows = Array.from({ length: 150 }, (_, at) => ({
      clusterId,
      name: `row-${at}`,
      message: `${stretch} ${long}`,
    }));
    await storeRows(fixture.database, rows);
  }
  const { sql } = fixture.database;
  const [head] = await sql<{ number: number }[]>`select number::float8 as number from feed_head`;
  await until("all of it is told", () => position === head?.number);
  unsubscribe();
  const before = text.length;
  socket.resume();
  await until("the reader is told", () => text.includes("too slow"));
  expect(text.length - before).toBeLessThan(40 * 1024 * 1024);
  socket.destroy();
}, 180_000);
