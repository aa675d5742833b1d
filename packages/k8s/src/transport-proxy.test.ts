import { describe, expect, test } from "bun:test";
import { createAuthority, startConnectProxy } from "@flux-orchestrator/testing";
import { failureOf } from "../test/failure-of.ts";
import { resolver } from "../test/tls-world.ts";
import { ask, WAYS, worldFor } from "../test/ways.ts";
import { withEnvironment } from "../test/with-environment.ts";

describe.each(WAYS)("a target behind a proxy, by %s", (way) => {
  test("is reached through it, by its name, and the proxy learns no credential", async () => {
    await using world = await worldFor(way);
    await using proxy = await startConnectProxy();
    const server = `https://api.example:${world.server.port}`;
    const client = world.authority.issue({ commonName: "alice" });
    await ask(way, world.transport({ server, proxy: proxy.url, token: "q7mark5z", ...client }), "/version");
    expect(proxy.targets).toEqual([`api.example:${world.server.port}`]);
    expect(proxy.carried).toBeGreaterThan(500);
    expect(proxy.heads.join()).not.toContain("q7mark5z");
    expect(world.server.requests[0]).toMatchObject({
      clientName: "alice",
      headers: { authorization: "Bearer q7mark5z" },
    });
    expect(world.server.connections[0]!.serverName).toBe("api.example");
  });

  test("is reached through a proxy that speaks TLS and is vouched for by the same authority, as kubectl has it", async () => {
    await using world = await worldFor(way);
    const identity = world.authority.issue({ commonName: "proxy", names: ["localhost"] });
    await using proxy = await startConnectProxy({ identity });
    expect(await ask(way, world.transport({ proxy: proxy.url, token: "t" }), "/version")).toEqual({});
    expect(proxy.targets).toEqual([`127.0.0.1:${world.server.port}`]);
  });

  test.each([
    ["another authority", ["localhost"], createAuthority()],
    ["another name", ["proxy.example"], null],
  ] as const)("is not reached through a TLS proxy with a certificate of %s", async (_, names, foreign) => {
    await using world = await worldFor(way);
    const identity = (foreign ?? world.authority).issue({ commonName: "proxy", names });
    await using proxy = await startConnectProxy({ identity });
    expect((await failureOf(ask(way, world.transport({ proxy: proxy.url }), "/version"))).code).toBe("CLUSTER_TLS");
    expect(proxy.targets).toEqual([]);
  });

  test("still has to prove itself", async () => {
    await using world = await worldFor(way);
    await using proxy = await startConnectProxy();
    const error = await failureOf(
      ask(way, world.transport({ proxy: proxy.url, ca: createAuthority().cert }), "/version"),
    );
    expect(error.code).toBe("CLUSTER_TLS");
    expect(proxy.targets.length).toBe(1);
    expect(world.server.requests).toEqual([]);
  });

  test("is never reached around a proxy that is gone", async () => {
    await using world = await worldFor(way);
    const proxy = await startConnectProxy();
    await proxy.stop();
    expect((await failureOf(ask(way, world.transport({ proxy: proxy.url }), "/version"))).code).toBe(
      "CLUSTER_UNREACHABLE",
    );
    expect(world.server.connections).toEqual([]);
  });

  test("the proxy is connected to at the address that was checked", async () => {
    await using world = await worldFor(way);
    await using proxy = await startConnectProxy();
    const { egress, asked } = resolver(["127.0.0.1"], ["203.0.113.1"]);
    const transport = world.transport({ proxy: `http://proxy.example:${proxy.port}` }, { egress });
    await ask(way, transport, "/version");
    expect(asked).toEqual(["proxy.example"]);
    expect(proxy.targets.length).toBe(1);
  });

  test.each([
    ["the proxy is forbidden", {}, ["169.254.169.254"]],
    ["the server is a forbidden address", { server: "https://169.254.169.254" }, ["127.0.0.1"]],
  ])("nothing is connected to when %s", async (_, fields, addresses) => {
    await using world = await worldFor(way);
    await using proxy = await startConnectProxy();
    const { egress } = resolver(addresses);
    const transport = world.transport({ proxy: `http://proxy.example:${proxy.port}`, ...fields }, { egress });
    expect((await failureOf(ask(way, transport, "/version"))).code).toBe("EGRESS_DENIED");
    expect(proxy.heads).toEqual([]);
  });
});

test.each(WAYS)(
  "proxies of the environment are ignored by %s, also to targets with a proxy of their own",
  async (way) => {
    await using world = await worldFor(way);
    await using own = await startConnectProxy();
    await using ambient = await startConnectProxy();
    const variables = { HTTPS_PROXY: ambient.url, HTTP_PROXY: ambient.url, ALL_PROXY: ambient.url, NO_PROXY: "" };
    await withEnvironment({ ...variables, https_proxy: ambient.url, no_proxy: "" }, async () => {
      // The variables are in force: a fetch that does not insist takes the proxy.
      await fetch(`${world.server.url}/control`, { tls: { ca: world.authority.cert }, keepalive: false });
      expect(ambient.targets.length).toBe(1);
      await ask(way, world.transport(), "/direct");
      await ask(way, world.transport({ proxy: own.url }), "/own");
    });
    expect(ambient.targets.length).toBe(1);
    expect(own.targets.length).toBe(1);
    // A NO_PROXY that matches does not lead around the target's proxy.
    await withEnvironment({ NO_PROXY: "*", no_proxy: "*" }, async () => {
      await ask(way, world.transport({ proxy: own.url }), "/own");
    });
    expect(own.targets.length).toBe(2);
  },
);
