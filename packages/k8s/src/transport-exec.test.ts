import { describe, expect, test } from "bun:test";
import type { Reply } from "@flux-orchestrator/testing";
import { failureOf } from "../test/failure-of.ts";
import { ask, WAYS, worldFor } from "../test/ways.ts";
import type { ExecCredential } from "./cluster-target.ts";

describe.each(WAYS)("a target that logs in by running a program, by %s", (way) => {
  const EXEC = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "x",
    args: [],
    env: {},
    baseDir: "",
    provideClusterInfo: false,
    hash: "",
  };
  /** Credentials as a plugin prints them, one after the other; counts how often it ran. */
  const plugin = (...credentials: ExecCredential[]) => {
    const run = { count: 0 };
    const credential = async () => credentials[Math.min(run.count++, credentials.length - 1)]!;
    return { run, credential };
  };
  test("is renewed once when the API server refuses the credential, however many requests were under way", async () => {
    const late: Reply[] = [];
    await using world = await worldFor(way, ({ headers }, reply) => {
      if (headers.authorization === "Bearer new") {
        reply.send(200, {});
        // These learn only now, when the new credential is already in use, that theirs was refused.
        for (const waiting of late.splice(0)) waiting.send(401, {});
      } else if (late.length < 4) late.push(reply);
      else reply.send(401, {});
    });
    const { run, credential } = plugin({ token: "old" }, { token: "new" }, { token: "one too many" });
    const transport = world.transport({ exec: EXEC }, { credential });
    await Promise.all(Array.from({ length: 5 }, (_, i) => ask(way, transport, `/${i}`)));
    expect(run.count).toBe(2);
    expect(world.server.requests.length).toBe(10);
  });

  test("is refused when the renewed credential is refused as well", async () => {
    await using world = await worldFor(way, (_, reply) => reply.send(401, {}));
    const { run, credential } = plugin({ token: "old" }, { token: "new" });
    expect((await failureOf(ask(way, world.transport({ exec: EXEC }, { credential }), "/x"))).code).toBe(
      "CLUSTER_AUTH",
    );
    expect(run.count).toBe(2);
    expect(world.server.requests.length).toBe(2);
  });

  test("is renewed before its credential ends", async () => {
    await using world = await worldFor(way);
    const { run, credential } = plugin(
      { token: "short", expiresAtMs: Date.now() + 30_000 },
      { token: "long", expiresAtMs: Date.now() + 3_600_000 },
    );
    const transport = world.transport({ exec: EXEC }, { credential });
    for (const path of ["/1", "/2", "/3"]) await ask(way, transport, path);
    expect(run.count).toBe(2);
    expect(world.server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer short",
      "Bearer long",
      "Bearer long",
    ]);
  });

  test("shows the certificate the program printed, and the next one once it is renewed", async () => {
    await using world = await worldFor(way, (request, reply) =>
      reply.send(request.clientName === "second" ? 200 : 401, {}),
    );
    const { credential } = plugin(...["first", "second"].map((commonName) => world.authority.issue({ commonName })));
    await ask(way, world.transport({ exec: EXEC }, { credential }), "/x");
    expect(world.server.requests.map(({ clientName }) => clientName)).toEqual(["first", "second"]);
  });

  test("cannot log in where no program may be run", async () => {
    await using world = await worldFor(way);
    const error = await failureOf(ask(way, world.transport({ exec: EXEC }), "/x"));
    expect(error).toMatchObject({ code: "CLUSTER_AUTH", reason: "ExecPlugin" });
    expect(world.server.connections).toEqual([]);
  });

  test("keeps its open streams when a renewed certificate takes over", async () => {
    const open: Reply[] = [];
    await using world = await worldFor(way, ({ path }, reply) => {
      if (path !== "/watch") return reply.send(200, {});
      reply.open();
      reply.write("before ");
      open.push(reply);
    });
    const [first, second] = ["first", "second"].map((commonName) => world.authority.issue({ commonName }));
    const { credential } = plugin({ ...first!, expiresAtMs: Date.now() + 30_000 }, second!);
    const transport = world.transport({ exec: EXEC }, { credential });
    const response = await transport.stream("/watch");
    await ask(way, transport, "/x");
    expect(world.server.requests.map(({ clientName }) => clientName)).toEqual(["first", "second"]);
    open[0]!.write("after");
    open[0]!.end();
    expect(await response.text()).toBe("before after");
  });
});
