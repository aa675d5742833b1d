import { describe, expect, test } from "bun:test";
import { failureOf } from "../test/failure-of.ts";
import { resolver, startTlsWorld } from "../test/tls-world.ts";

describe("who we are", () => {
  test("a token is sent as a bearer token, without a client certificate", async () => {
    await using world = await startTlsWorld();
    await world.transport({ token: "a.b-c" }).json("/version");
    expect(world.server.requests[0]).toMatchObject({
      method: "GET",
      path: "/version",
      headers: { authorization: "Bearer a.b-c", accept: "application/json", "user-agent": "flux-orchestrator" },
      clientName: null,
    });
  });

  test("a client certificate is shown, without an Authorization header", async () => {
    await using world = await startTlsWorld();
    await world.transport(world.authority.issue({ commonName: "alice" })).json("/version");
    expect(world.server.requests[0]!.clientName).toBe("alice");
    expect(world.server.requests[0]!.headers.authorization).toBeUndefined();
  });

  test("a username and password are sent as basic authentication, in UTF-8", async () => {
    await using world = await startTlsWorld();
    await world.transport({ basic: { username: "bob", password: "p:ä" } }).json("/version");
    expect(world.server.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from("bob:p:ä").toString("base64")}`);
  });

  test("identities on one host and port never mix, however their requests interleave", async () => {
    await using world = await startTlsWorld();
    const { authority } = world;
    const identities = [
      ...["cert-a", "cert-b"].map((name) => ({ name, fields: authority.issue({ commonName: name }) })),
      ...["token-c", "token-d"].map((name) => ({ name, fields: { token: name } })),
      { name: "basic-e", fields: { basic: { username: "basic-e", password: "x" } } },
      { name: "both-f", fields: { ...authority.issue({ commonName: "both-f" }), token: "both-f" } },
    ].map(({ name, fields }) => ({ name, transport: world.transport(fields) }));
    const rounds = Array.from({ length: 30 }, (_, round) =>
      identities.map(({ name, transport }) => transport.json(`/${name}/${round}`)),
    );
    await Promise.all(rounds.flat());
    expect(world.server.requests.length).toBe(180);
    for (const { path, clientName, headers } of world.server.requests) {
      const name = path.split("/")[1]!;
      const [scheme, secret = ""] = (headers.authorization ?? "").split(" ");
      const shown = scheme === "Basic" ? Buffer.from(secret, "base64").toString().split(":")[0] : secret;
      expect({ name, clientName, shown }).toEqual({
        name,
        clientName: /^(cert|both)/.test(name) ? name : null,
        shown: /^cert/.test(name) ? "" : name,
      });
    }
  });

  test("one transport uses its connection again", async () => {
    await using world = await startTlsWorld();
    const transport = world.transport();
    for (let i = 0; i < 20; i++) await transport.json("/version");
    expect(world.server.connections.length).toBe(1);
  });
});

describe("where a request goes", () => {
  const named = (port: number) => `https://api.example:${port}`;

  test("to the address that was checked, under the name, without asking for the name again", async () => {
    await using world = await startTlsWorld();
    // The second answer is what a rebinding name turns to after the check.
    const { egress, asked } = resolver(["127.0.0.1"], ["203.0.113.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    await transport.json("/version");
    await transport.json("/apis");
    expect(asked).toEqual(["api.example"]);
    expect(world.server.connections).toEqual([{ serverName: "api.example", clientName: null }]);
    expect(world.server.requests.map(({ headers }) => headers.host)).toEqual(
      Array(2).fill(`api.example:${world.server.port}`),
    );
  });

  test("nowhere when one address of the name is forbidden", async () => {
    await using world = await startTlsWorld();
    const { egress } = resolver(["127.0.0.1", "169.254.169.254"]);
    const error = await failureOf(world.transport({ server: named(world.server.port) }, { egress }).json("/version"));
    expect(error.code).toBe("EGRESS_DENIED");
    expect(world.server.connections).toEqual([]);
  });

  test("nowhere when the address itself is forbidden", async () => {
    await using world = await startTlsWorld();
    const egress = { allowLoopback: false, allowPrivate: true };
    expect((await failureOf(world.transport({}, { egress }).json("/version"))).code).toBe("EGRESS_DENIED");
    expect(world.server.connections).toEqual([]);
  });

  test("to the next address when one refuses, also for a PATCH, which arrives once", async () => {
    await using world = await startTlsWorld();
    const { egress } = resolver(["::1", "127.0.0.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    await transport.json("/x", { method: "PATCH", body: '{"spec":{}}' });
    expect(world.server.requests.map(({ method, body }) => [method, body])).toEqual([["PATCH", '{"spec":{}}']]);
  });

  test("to newly resolved addresses after all known ones refused", async () => {
    await using world = await startTlsWorld();
    const { egress, asked } = resolver(["::1"], ["127.0.0.1"]);
    const transport = world.transport({ server: named(world.server.port) }, { egress });
    expect((await failureOf(transport.json("/version"))).code).toBe("CLUSTER_UNREACHABLE");
    expect(await transport.json<object>("/version")).toEqual({});
    expect(asked.length).toBe(2);
  });

  test("not after a redirect: the other server sees nothing", async () => {
    await using world = await startTlsWorld();
    await using other = await startTlsWorld();
    for (const status of [301, 302, 303, 307, 308]) {
      world.server.answer = (_, reply) => reply.send(status, "", { location: `${other.server.url}/version` });
      expect(await failureOf(world.transport().json("/version"))).toMatchObject({ code: "CLUSTER_REDIRECT", status });
    }
    expect(other.server.connections).toEqual([]);
  });
});
