import { afterAll, expect, test } from "bun:test";
import { type PostgresFaultProxy, startPostgresFaultProxy } from "@flux-orchestrator/testing";
import { type Ask, failureOf, send } from "../test/bad-input.ts";
import { useServer } from "../test/use-server.ts";

let proxy: PostgresFaultProxy;
const server = useServer({
  async over(url) {
    const { port, username, pathname } = new URL(url);
    proxy = await startPostgresFaultProxy({ port: Number(port) });
    return `postgres://${username}@127.0.0.1:${proxy.port}${pathname}`;
  },
});
afterAll(() => proxy.stop());

const ASKS: Ask[] = [
  "GET /resources",
  "GET /resources?limit=10",
  "GET /clusters",
  "GET /activities",
  "GET /resources/export",
  "query resource.list",
  "query fleet.summary",
];

test("a database that falls silent is said to be gone once it has been silent for longer than a statement takes", async () => {
  const ask = () =>
    Promise.all(ASKS.map((what) => send(server, what, what === "query resource.list" ? {} : undefined)));
  expect((await ask()).map(({ status }) => status)).toEqual(ASKS.map(() => 200));
  await proxy.inject({ fault: "half-open" });
  for (const sent of await ask()) {
    expect([sent.status, failureOf(sent).code, sent.headers.get("retry-after")]).toEqual([503, "DB_UNAVAILABLE", "2"]);
    expect(failureOf(sent).hint).toBeString();
    expect(sent.text).not.toMatch(/CONNECTION_SILENT|postgres|socket/i);
  }
  // Whoever comes again is answered: on new connections.
  expect((await ask()).map(({ status }) => status)).toEqual(ASKS.map(() => 200));
});
