import { describe, expect, test } from "bun:test";
import type { ServerHttp2Stream } from "node:http2";
import { type Answer, type Reply, startConnectProxy, until } from "@flux-orchestrator/testing";
import { failureOf } from "../../test/failure-of.ts";
import { startTlsWorld } from "../../test/tls-world.ts";
import { errorOfFetch } from "../kube-error.ts";

const HTTP2 = { http2: { streamsMax: 100 } };

/** Opens a stream at once; what it says comes from the test. */
const streams = () => {
  const open: Reply[] = [];
  const answer: Answer = (_, reply) => {
    reply.open();
    reply.write("open ");
    open.push(reply);
  };
  return { open, answer };
};
/** The rest of a body, or what broke it off. */
const restOf = (response: Response): Promise<string> =>
  response.text().catch((error: unknown) => (errorOfFetch(error) as { code: string }).code);
const many = (count: number) => Array.from({ length: count }, (_, i) => `/${i}`);

describe("streams over HTTP/2", () => {
  test("share one connection, also with each other's first moment", async () => {
    await using world = await startTlsWorld(streams().answer, HTTP2);
    const transport = world.transport();
    await Promise.all(many(14).map((path) => transport.stream(path)));
    expect(world.server.connections.length).toBe(1);
    expect(world.server.requests.length).toBe(14);
  });

  test("beyond what the server allows on one connection are carried by another", async () => {
    const { open, answer } = streams();
    await using world = await startTlsWorld(answer, { http2: { streamsMax: 5 } });
    const transport = world.transport();
    const responses = await Promise.all(many(14).map((path) => transport.stream(path)));
    const connections = world.server.requests.map(({ connection }) => connection);
    expect(Math.max(...[0, 1, 2].map((one) => connections.filter((of) => of === one).length))).toBe(5);
    expect(new Set(connections).size).toBe(3);
    for (const reply of open) reply.end();
    expect(await Promise.all(responses.map(restOf))).toEqual(many(14).map(() => "open "));
    // Streams that have ended leave room again.
    await transport.stream("/more");
    expect(world.server.connections.length).toBe(3);
  });

  test("go on when the server takes no more on their connection, and the next begins on another", async () => {
    const { open, answer } = streams();
    await using world = await startTlsWorld(answer, HTTP2);
    const transport = world.transport();
    const before = await transport.stream("/before");
    world.server.goAway();
    await open[0]!.flushed();
    const after = await transport.stream("/after");
    expect(world.server.requests.map(({ connection }) => connection)).toEqual([0, 1]);
    for (const reply of open) {
      reply.write("and on");
      reply.end();
    }
    expect(await Promise.all([before, after].map(restOf))).toEqual(["open and on", "open and on"]);
  });

  test("that the server did not look at before it said good-bye are asked for again", async () => {
    const { open, answer } = streams();
    await using world = await startTlsWorld((request, reply) => {
      if (request.path !== "/late" || open.length > 1) return answer(request, reply);
      open.push(reply);
      // The first stream is the last it says it has seen.
      (reply as unknown as { stream: ServerHttp2Stream }).stream.session!.goaway(0, 1);
    }, HTTP2);
    const transport = world.transport();
    await transport.stream("/first");
    expect((await transport.stream("/late")).status).toBe(200);
    expect(world.server.requests.map(({ connection }) => connection)).toEqual([0, 0, 1]);
  });

  test("are broken off together with their connection, and the next begins on another", async () => {
    await using world = await startTlsWorld(streams().answer, HTTP2);
    const transport = world.transport();
    const responses = await Promise.all(many(3).map((path) => transport.stream(path)));
    world.server.disconnect();
    expect(await Promise.all(responses.map(restOf))).toEqual(many(3).map(() => "CLUSTER_UNREACHABLE"));
    await transport.stream("/next");
    expect(world.server.connections.length).toBe(2);
  });

  test("are given up one by one: the others and the connection stay", async () => {
    const { open, answer } = streams();
    await using world = await startTlsWorld(answer, HTTP2);
    const transport = world.transport();
    const abort = new AbortController();
    const given = await transport.stream("/given-up", { signal: abort.signal });
    const kept = await transport.stream("/kept");
    abort.abort();
    expect(await given.text().catch((error: Error) => error.name)).toBe("AbortError");
    open[1]!.write("and on");
    open[1]!.end();
    expect(await restOf(kept)).toBe("open and on");
    expect(world.server.open).toBe(1);
  });

  test("are noticed to be dead when their connection falls silent without an end", async () => {
    await using proxy = await startConnectProxy();
    await using world = await startTlsWorld(streams().answer, HTTP2);
    const transport = world.transport({ proxy: proxy.url }, { lookEveryMs: 50 });
    const responses = await Promise.all(many(3).map((path) => transport.stream(path)));
    proxy.goSilent();
    expect(await Promise.all(responses.map(restOf))).toEqual(many(3).map(() => "CLUSTER_UNREACHABLE"));
  });

  test("are alive while the connection answers, though there is nothing to tell", async () => {
    await using world = await startTlsWorld(streams().answer, HTTP2);
    const transport = world.transport({}, { lookEveryMs: 20 });
    const response = await transport.stream("/quiet");
    const reader = response.body!.getReader();
    await reader.read();
    const heardAtMs = transport.heardAtMs;
    await until("it was heard without a word", () => transport.heardAtMs > heardAtMs + 100);
    expect(world.server.open).toBe(1);
  });

  test("leave no connection behind once nobody uses it", async () => {
    await using world = await startTlsWorld((_, reply) => reply.send(200, {}), HTTP2);
    const transport = world.transport({}, { lookEveryMs: 20 });
    await (await transport.stream("/short")).text();
    await until("the connection is closed", () => world.server.open === 0);
    await (await transport.stream("/again")).text();
    expect(world.server.connections.length).toBe(2);
  });
});

describe.each(["h2", "http/1.1"] as const)("streams over %s", (protocol) => {
  const world = (answer: Answer) => startTlsWorld(answer, protocol === "h2" ? HTTP2 : {});

  test("all end when the transport is closed", async () => {
    await using server = await world(streams().answer);
    const transport = server.transport();
    const responses = await Promise.all(many(5).map((path) => transport.stream(path)));
    transport.close();
    expect(await Promise.all(responses.map(restOf))).toEqual(many(5).map(() => "CLUSTER_UNREACHABLE"));
    await until("every connection is closed", () => server.server.open === 0);
  });

  test("that were not answered yet end as well", async () => {
    await using server = await world(() => {});
    const transport = server.transport();
    const failures = many(3).map((path) => failureOf(transport.stream(path)));
    await until("they were asked for", () => server.server.requests.length === 3);
    transport.close();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(many(3).map(() => "CLUSTER_UNREACHABLE"));
  });

  test("hold a fast sender back while nobody reads, directly and through a proxy", async () => {
    await using proxy = await startConnectProxy();
    const piece = "x".repeat(1024 * 1024);
    let sent = 0;
    await using server = await world(async (_, reply) => {
      reply.open();
      for (; sent < 64; sent++) if (!reply.write(piece)) await reply.flushed();
      reply.end();
    });
    for (const fields of [{}, { proxy: proxy.url }]) {
      sent = 0;
      const response = await server.transport(fields).stream("/much");
      const reader = response.body!.getReader();
      await reader.read();
      // What has left stays the same from one look to the next: the sender waits.
      let before = -1;
      await until("the sender is held back", () => {
        const isStill = before === sent;
        before = sent;
        return isStill;
      });
      expect(sent).toBeLessThan(48);
      let bytes = 0;
      for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.byteLength;
      expect(sent).toBe(64);
      expect(bytes).toBeGreaterThan(60 * piece.length);
    }
  });

  test("that are poured hold a fast sender back while a piece is being taken, and lose nothing", async () => {
    const piece = "x".repeat(1024 * 1024);
    let sent = 0;
    await using server = await world(async (_, reply) => {
      reply.open();
      for (; sent < 64; sent++) if (!reply.write(piece)) await reply.flushed();
      reply.end();
    });
    const gate = Promise.withResolvers<void>();
    let bytes = 0;
    const options = { signal: new AbortController().signal, openMs: 10_000, idleMs: 10_000, onOpen: () => {} };
    const over = server.transport().pour("/much", options, (part) => {
      bytes += part.byteLength;
      return gate.promise;
    });
    let before = -1;
    await until("the sender is held back", () => {
      const isStill = before === sent && bytes > 0;
      before = sent;
      return isStill;
    });
    expect(sent).toBeLessThan(48);
    expect(bytes).toBeLessThan(2 * piece.length);
    gate.resolve();
    await over;
    expect(sent).toBe(64);
    expect(bytes).toBe(64 * piece.length);
  });

  test("with headers larger than any API server's are refused", async () => {
    await using server = await world((_, reply) => reply.open({ "x-large": "y".repeat(17 * 1024) }));
    expect((await failureOf(server.transport().stream("/x"))).code).toBe("CLUSTER_UNREACHABLE");
  });

  test("that nobody ends and that say nothing are given up after their idle limit, which a slow reader does not meet", async () => {
    await using server = await world(streams().answer);
    const response = await server.transport().stream("/quiet", { timeoutMs: 50 });
    const reader = response.body!.getReader();
    await Bun.sleep(100);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("open ");
    const failure = await reader.read().catch((error: unknown) => errorOfFetch(error));
    expect(failure).toMatchObject({ code: "CLUSTER_TIMEOUT" });
  });
});

test("a status that is none is refused, and its connection closed", async () => {
  await using world = await startTlsWorld((_, reply) => {
    reply.socket.write("HTTP/1.1 700 What\r\ncontent-length: 9\r\n\r\n{");
  });
  expect((await failureOf(world.transport().stream("/x"))).code).toBe("CLUSTER_UNREACHABLE");
  await until("the connection is closed", () => world.server.open === 0);
});

describe("a probe", () => {
  test("is answered by whatever the API server says, and disturbs no stream", async () => {
    const { open, answer } = streams();
    await using world = await startTlsWorld(
      (request, reply) => (request.path === "/version" ? reply.send(503, {}) : answer(request, reply)),
      HTTP2,
    );
    const transport = world.transport();
    const response = await transport.stream("/watch");
    await transport.probe();
    open[0]!.end();
    expect(await restOf(response)).toBe("open ");
    expect(world.server.connections.length).toBe(1);
  });

  test("without an answer breaks the streams off", async () => {
    const { answer } = streams();
    await using world = await startTlsWorld(
      (request, reply) => (request.path === "/version" ? undefined : answer(request, reply)),
      HTTP2,
    );
    const transport = world.transport();
    const response = await transport.stream("/watch");
    expect((await failureOf(transport.probe({ timeoutMs: 50 }))).code).toBe("CLUSTER_TIMEOUT");
    expect(await restOf(response)).toBe("CLUSTER_UNREACHABLE");
  });

  test("that the caller gives up breaks nothing off", async () => {
    const { open, answer } = streams();
    const abort = new AbortController();
    await using world = await startTlsWorld(
      (request, reply) => (request.path === "/version" ? abort.abort() : answer(request, reply)),
      HTTP2,
    );
    const transport = world.transport();
    const response = await transport.stream("/watch");
    expect(await transport.probe({ signal: abort.signal }).catch((error: Error) => error.name)).toBe("AbortError");
    open[0]!.end();
    expect(await restOf(response)).toBe("open ");
  });
});
