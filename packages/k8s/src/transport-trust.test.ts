import { describe, expect, test } from "bun:test";
import { createAuthority, startRecordingServer } from "@flux-orchestrator/testing";
import { failureOf } from "../test/failure-of.ts";
import { ask, serverFor, WAYS, worldFor } from "../test/ways.ts";
import { withEnvironment } from "../test/with-environment.ts";
import { LOCAL_EGRESS } from "./egress.ts";
import { createTransport } from "./transport.ts";

describe.each(WAYS)("who the API server is, by %s", (way) => {
  test("a certificate of another authority is refused before a credential is shown", async () => {
    await using world = await worldFor(way);
    const client = world.authority.issue({ commonName: "alice" });
    const error = await failureOf(
      ask(way, world.transport({ ca: createAuthority().cert, ...client, token: "t" }), "/version"),
    );
    expect(error.code).toBe("CLUSTER_TLS");
    expect(world.server.requests).toEqual([]);
  });

  test("without an authority only the system's are believed", async () => {
    await using world = await worldFor(way);
    const { ca: _, ...target } = world.target();
    const error = await failureOf(ask(way, createTransport(target, { egress: LOCAL_EGRESS }), "/version"));
    expect(error.code).toBe("CLUSTER_TLS");
    expect(world.server.requests).toEqual([]);
  });

  test("a certificate for another name is refused", async () => {
    await using world = await worldFor(way);
    const error = await failureOf(ask(way, world.transport({ serverName: "other.example" }), "/version"));
    expect(error).toMatchObject({ code: "CLUSTER_TLS", reason: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(error.message).toContain("another name");
    expect(world.server.requests).toEqual([]);
  });

  test("a certificate that has expired is refused", async () => {
    const authority = createAuthority();
    const identity = authority.issue({
      commonName: "api",
      names: ["127.0.0.1"],
      notBefore: new Date(Date.now() - 2_000),
      notAfter: new Date(Date.now() - 1_000),
    });
    await using server = await startRecordingServer({ identity, ...serverFor(way) });
    const target = { server: server.url, ca: authority.cert, token: "t" };
    const error = await failureOf(ask(way, createTransport(target, { egress: LOCAL_EGRESS }), "/version"));
    expect(error).toMatchObject({ code: "CLUSTER_TLS", reason: "CERT_HAS_EXPIRED" });
  });

  test("tls-server-name is asked for and verified instead of the host, which Host still names", async () => {
    await using world = await worldFor(way);
    await ask(way, world.transport({ serverName: "api.example" }), "/version");
    expect(world.server.connections).toEqual([{ serverName: "api.example", clientName: null }]);
    expect(world.server.requests[0]!.headers.host).toBe(`127.0.0.1:${world.server.port}`);
  });

  test("one of several authorities is enough", async () => {
    await using world = await worldFor(way);
    const ca = `${createAuthority().cert}${world.authority.cert}`;
    expect(await ask(way, world.transport({ ca }), "/version")).toEqual({});
  });

  test("insecure believes anybody, and only for the target that says so", async () => {
    await using world = await worldFor(way);
    const { ca: _, ...target } = world.target();
    const insecure = createTransport({ ...target, insecure: true }, { egress: LOCAL_EGRESS });
    const secure = createTransport(target, { egress: LOCAL_EGRESS });
    for (let i = 0; i < 2; i++) {
      expect(await ask(way, insecure, "/version")).toEqual({});
      expect((await failureOf(ask(way, secure, "/version"))).code).toBe("CLUSTER_TLS");
    }
    insecure.close();
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 switches nothing off", async () => {
    await using world = await worldFor(way);
    const ca = createAuthority().cert;
    await withEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, async () => {
      // The variable is in force: a fetch that does not insist believes anybody.
      expect((await fetch(world.server.url, { tls: { ca } })).status).toBe(200);
      expect((await failureOf(ask(way, world.transport({ ca }), "/version"))).code).toBe("CLUSTER_TLS");
      const target = { server: world.server.url, token: "t" };
      expect((await failureOf(ask(way, createTransport(target, { egress: LOCAL_EGRESS }), "/version"))).code).toBe(
        "CLUSTER_TLS",
      );
    });
  });
});
