import { describe, expect, test } from "bun:test";
import { failureOf } from "../test/failure-of.ts";
import { resolver } from "../test/tls-world.ts";
import { ask, WAYS, worldFor } from "../test/ways.ts";

describe.each(WAYS)("who we are, by %s", (way) => {
  test("a token is sent as a bearer token, without a client certificate", async () => {
    await using world = await worldFor(way);
    await ask(way, world.transport({ token: "a.b-c" }), "/version");
    expect(world.server.requests[0]).toMatchObject({
      method: "GET",
      path: "/version",
      headers: { authorization: "Bearer a.b-c", accept: "application/json", "user-agent": "flux-orchestrator" },
      clientName: null,
    });
  });

  test("a client certificate is shown, without an Authorization header", async () => {
    await using world = await worldFor(way);
    await ask(way, world.transport(world.authority.issue({ commonName: "alice" })), "/version");
    expect(world.server.requests[0]!.clientName).toBe("alice");
    expect(world.server.requests[0]!.headers.authorization).toBeUndefined();
  });

  test("a username and password are sent as basic authentication, in UTF-8", async () => {
    await using world = await worldFor(way);
    await ask(way, world.transport({ basic: { username: "bob", password: "p:ä" } }), "/version");
    expect(world.server.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from("bob:p:ä").toString("base64")}`);
  });

  test("one transport uses its connection again, but for streams over HTTP/1.1", async () => {
    await using world = await worldFor(way);
    const transport = world.transport();
    for (let i = 0; i < 20; i++) await ask(way, transport, "/version");
    expect(world.server.connections.length).toBe(way === "a stream over HTTP/1.1" ? 20 : 1);
  });
});

describe.each(WAYS)("where a request goes, by %s", (way) => {
  const named = (port: number) => `https://api.example:${port}`;

  test("to the address that was checked, under the name, without asking for the name again", async () => {
    await using world = await worldFor(way);
    // The second answer is what a rebinding name turns to after the check.
    const { egress, asked } = resolver(["127.0.0.1"], ["203.0.113.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    await ask(way, transport, "/version");
    await ask(way, transport, "/apis");
    expect(asked).toEqual(["api.example"]);
    for (const connection of world.server.connections)
      expect(connection).toEqual({ serverName: "api.example", clientName: null });
    expect(world.server.requests.map(({ headers }) => headers.host)).toEqual(
      Array(2).fill(`api.example:${world.server.port}`),
    );
  });

  test("nowhere when one address of the name is forbidden", async () => {
    await using world = await worldFor(way);
    const { egress } = resolver(["127.0.0.1", "169.254.169.254"]);
    const error = await failureOf(
      ask(way, world.transport({ server: named(world.server.port) }, { egress }), "/version"),
    );
    expect(error.code).toBe("EGRESS_DENIED");
    expect(world.server.connections).toEqual([]);
  });

  test("nowhere when the address itself is forbidden", async () => {
    await using world = await worldFor(way);
    const egress = { allowLoopback: false, allowPrivate: true };
    expect((await failureOf(ask(way, world.transport({}, { egress }), "/version"))).code).toBe("EGRESS_DENIED");
    expect(world.server.connections).toEqual([]);
  });

  test("to the next address when one refuses, also for a PATCH, which arrives once", async () => {
    await using world = await worldFor(way);
    const { egress } = resolver(["::1", "127.0.0.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    await ask(way, transport, "/x", { method: "PATCH", body: '{"spec":{}}' });
    expect(world.server.requests.map(({ method, body }) => [method, body])).toEqual([["PATCH", '{"spec":{}}']]);
  });

  test("to newly resolved addresses after all known ones refused", async () => {
    await using world = await worldFor(way);
    const { egress, asked } = resolver(["::1"], ["127.0.0.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    expect((await failureOf(ask(way, transport, "/version"))).code).toBe("CLUSTER_UNREACHABLE");
    expect(await ask(way, transport, "/version")).toEqual({});
    expect(asked.length).toBe(2);
  });

  test("not after a redirect: the other server sees nothing", async () => {
    await using world = await worldFor(way);
    await using other = await worldFor(way);
    for (const status of [301, 302, 303, 307, 308]) {
      world.server.answer = (_, reply) => reply.send(status, "", { location: `${other.server.url}/version` });
      expect(await failureOf(ask(way, world.transport(), "/version"))).toMatchObject({
        code: "CLUSTER_REDIRECT",
        status,
      });
    }
    expect(other.server.connections).toEqual([]);
  });
});
