import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { until } from "@flux-orchestrator/testing";
import { failureOf } from "../test/failure-of.ts";
import { startTlsWorld } from "../test/tls-world.ts";
import { ask } from "../test/ways.ts";

describe("how long and how much", () => {
  test("a call without an answer ends at its deadline", async () => {
    await using world = await startTlsWorld(() => {});
    const error = await failureOf(world.transport({}, { timeoutMs: 100 }).json("/version"));
    expect(error.code).toBe("CLUSTER_TIMEOUT");
  });

  test("so does an answer that never ends, though it trickles", async () => {
    await using world = await startTlsWorld((_, reply) => {
      reply.open();
      const trickle = setInterval(() => reply.write(" "), 10);
      reply.socket.once("close", () => clearInterval(trickle));
    });
    expect((await failureOf(world.transport().json("/version", { timeoutMs: 200 }))).code).toBe("CLUSTER_TIMEOUT");
  });

  test("a stream has no deadline beyond its own", async () => {
    await using world = await startTlsWorld((_, reply) => {
      reply.open();
      reply.write("first");
    });
    const transport = world.transport({}, { timeoutMs: 1 });
    const response = await transport.stream("/watch");
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("first");
  });

  test("the caller's own abort passes through and closes the connection", async () => {
    const abort = new AbortController();
    await using world = await startTlsWorld(() => abort.abort());
    const call = world.transport().json("/version", { signal: abort.signal });
    const name = await call.then(
      () => "answered",
      (error: Error) => error.name,
    );
    expect(name).toBe("AbortError");
    await until("the connection is closed", () => world.server.open === 0);
  });

  test.each(["a call", "a stream over HTTP/1.1"] as const)(
    "headers without an end are not waited for by %s",
    async (way) => {
      await using world = await startTlsWorld(async (_, reply) => {
        reply.socket.write("HTTP/1.1 200 OK\r\n");
        while (!reply.socket.destroyed) {
          reply.socket.write(`x-more: ${"y".repeat(1000)}\r\n`);
          await reply.flushed();
        }
      });
      expect((await failureOf(ask(way, world.transport(), "/x"))).code).toBe("CLUSTER_UNREACHABLE");
    },
  );

  test("an answer that says it is too large is not read", async () => {
    await using world = await startTlsWorld((_, reply) => {
      reply.socket.write("HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n");
    });
    expect((await failureOf(world.transport().json("/version"))).message).toContain("larger");
  });

  test("an answer that only turns out to be too large is given up", async () => {
    await using world = await startTlsWorld((_, reply) => {
      reply.open();
      const piece = Buffer.alloc(1024 * 1024, " ");
      for (let i = 0; i < 66 && !reply.socket.destroyed; i++) reply.write(piece);
      reply.end();
    });
    expect((await failureOf(world.transport().json("/version"))).message).toContain("larger");
  });

  test("so is one that was small while it was compressed", async () => {
    const bomb = gzipSync(Buffer.alloc(66 * 1024 * 1024, " "));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    await using world = await startTlsWorld((_, reply) => reply.send(200, bomb, { "content-encoding": "gzip" }));
    expect((await failureOf(world.transport().json("/version"))).message).toContain("larger");
  });
});
