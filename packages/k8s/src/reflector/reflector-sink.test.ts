import { expect, test } from "bun:test";
import { type Reply, until } from "@flux-orchestrator/testing";
import { line, list, object, PROTOCOLS, play, SERVED, serverOver, stream } from "../../test/scripted-reflector.ts";
import { startTlsWorld } from "../../test/tls-world.ts";
import { type ReflectorSink, runReflector } from "./run-reflector.ts";

const a11 = line("ADDED", object("a", 11));
const SILENT: ReflectorSink = {
  onListStart: () => {},
  onPage: () => {},
  onListEnd: () => {},
  onEvent: () => {},
  onBookmark: () => {},
  onState: () => {},
};
/** How a promise ended, without failing the test when it is by an error. */
const endOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "returned",
    (error: Error) => error.message,
  );

test("an event counts once the sink has it: a watch that breaks off meanwhile goes on behind it", async () => {
  let open: Reply | undefined;
  const { told, watched } = await play({
    resourceVersion: "10",
    watches: [stream([a11], (reply) => (open = reply))],
    onEvent: async () => open?.destroy(),
  });
  expect(told).toEqual(["live", "ADDED a @11", "broken CLUSTER_UNREACHABLE"]);
  expect(watched).toEqual(["10", "11"]);
});

test("a sink that fails ends the reflector with its own error, and nothing it did not take counts", async () => {
  const versions: string[] = [];
  await using world = await startTlsWorld((request, reply) => {
    versions.push(new URL(request.path, "https://x").searchParams.get("resourceVersion") ?? "list");
    return stream([a11 + line("ADDED", object("b", 12))], () => {})(request, reply);
  });
  const told: string[] = [];
  const run = () =>
    runReflector({
      transport: world.transport(),
      served: SERVED,
      resourceVersion: "10",
      signal: new AbortController().signal,
      sink: {
        ...SILENT,
        onEvent(_, { metadata }) {
          told.push(metadata.name);
          throw new Error("the store is full");
        },
      },
    });
  expect(await endOf(run())).toBe("the store is full");
  expect(told).toEqual(["a"]);
  await until("the connection is closed", () => world.server.open === 0);
  expect(versions).toEqual(["10"]);
});

test.each(PROTOCOLS)(
  "over %s a slow sink holds the sender back, and gets every event in order",
  async (protocol) => {
    const [pieces, padding] = [64, "x".repeat(1024 * 1024)];
    let blocked = false;
    await using world = await startTlsWorld(async (_, reply) => {
      reply.open();
      for (let i = 0; i < pieces; i++) {
        const event = { ...object("a", 11 + i), spec: { padding } };
        if (reply.write(line("MODIFIED", event))) continue;
        // The network takes no more: what was not read waits at the sender.
        blocked = true;
        await reply.flushed();
      }
    }, serverOver(protocol));
    const [over, gate] = [new AbortController(), Promise.withResolvers<void>()];
    const versions: string[] = [];
    const running = runReflector({
      transport: world.transport(),
      served: SERVED,
      resourceVersion: "10",
      signal: over.signal,
      sink: {
        ...SILENT,
        async onEvent(_, { metadata }) {
          await gate.promise;
          versions.push(metadata.resourceVersion);
        },
      },
    });
    await until("the sender is held back", () => blocked);
    expect(versions).toEqual([]);
    gate.resolve();
    await until("everything arrived", () => versions.length === pieces);
    over.abort();
    await running;
    expect(versions).toEqual(Array.from({ length: pieces }, (_, i) => String(11 + i)));
  },
  60_000,
);

test.each([
  ["it lists", undefined, () => {}],
  [
    "a page is on its way",
    undefined,
    (reply: Reply) => reply.socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
  ],
  ["a watch is not answered yet", "10", () => {}],
  ["it watches", "10", (reply: Reply) => reply.open()],
] as const)("an abort while %s ends it and closes the connection", async (_, resourceVersion, answer) => {
  await using world = await startTlsWorld((_, reply) => void answer(reply));
  const over = new AbortController();
  const running = runReflector({
    transport: world.transport(),
    served: SERVED,
    signal: over.signal,
    sink: SILENT,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  await until("the request arrived", () => world.server.requests.length === 1);
  over.abort();
  await running;
  await until("the connection is closed", () => world.server.open === 0);
});

test("an abort while it waits ends it at once", async () => {
  await using world = await startTlsWorld((_, reply) => reply.send(403, {}));
  const over = new AbortController();
  const sink: ReflectorSink = { ...SILENT, onState: ({ state }) => state === "forbidden" && over.abort() };
  const startedMs = performance.now();
  await runReflector({ transport: world.transport(), served: SERVED, signal: over.signal, sink });
  // It would come back after 15 s.
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test("the API server was heard whenever a watch says something", async () => {
  await using world = await startTlsWorld((request, reply) => {
    if (!request.path.includes("watch=")) return void list(10)(request, reply);
    reply.open();
    reply.write(a11);
  });
  const over = new AbortController();
  const transport = world.transport();
  const heardAtMs: number[] = [];
  const sink: ReflectorSink = {
    ...SILENT,
    onListEnd: () => void heardAtMs.push(transport.heardAtMs),
    onEvent() {
      heardAtMs.push(transport.heardAtMs);
      over.abort();
    },
  };
  await runReflector({ transport, served: SERVED, signal: over.signal, sink });
  expect(heardAtMs.length).toBe(2);
  expect(heardAtMs[0]).toBeGreaterThan(0);
  expect(heardAtMs[1]).toBeGreaterThanOrEqual(heardAtMs[0]!);
});
