import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { createAuthority, freePorts } from "@flux-orchestrator/testing";
import { failedStep, SECRET, withRoutes } from "../../test/connection-steps.ts";
import { refuse } from "../../test/small-api-server.ts";
import { resolver, startTlsWorld } from "../../test/tls-world.ts";

describe("a connection that fails", () => {
  test("at DNS: the name does not resolve", async () => {
    const { egress } = resolver([]);
    const step = await failedStep({ server: "https://api.example", token: SECRET }, egress);
    expect(step).toMatchObject({
      name: "DNS",
      code: "CLUSTER_UNREACHABLE",
      remedy: expect.stringContaining("typing error"),
    });
  });

  test("at DNS: the address is forbidden", async () => {
    const step = await failedStep({ server: "https://169.254.169.254", token: SECRET });
    expect(step).toMatchObject({ name: "DNS", code: "EGRESS_DENIED" });
  });

  test("at TCP: the port is closed", async () => {
    const [port] = await freePorts(1);
    const step = await failedStep({ server: `https://127.0.0.1:${port}`, token: SECRET });
    expect(step).toMatchObject({
      name: "TCP",
      code: "CLUSTER_UNREACHABLE",
      message: `Port ${port} refused the connection.`,
    });
  });

  test.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\nq7mark5z"],
    ["SSH", "SSH-2.0-q7mark5z\r\n"],
  ])("at TLS: the port speaks %s", async (_, banner) => {
    await using server = await startBanner(banner);
    expect(await failedStep({ server: server.url, token: SECRET })).toMatchObject({ name: "TLS", code: "CLUSTER_TLS" });
  });

  test("at TLS: the authority is another one", async () => {
    await using world = await withRoutes({});
    const step = await failedStep(world.target({ ca: createAuthority().cert, token: SECRET }));
    expect(step).toMatchObject({
      name: "TLS",
      code: "CLUSTER_TLS",
      remedy: expect.stringContaining("certificate-authority-data"),
    });
  });

  test("at TLS: the certificate is for another name", async () => {
    await using world = await withRoutes({});
    const step = await failedStep(world.target({ serverName: "other.example" }));
    expect(step).toMatchObject({
      name: "TLS",
      code: "CLUSTER_TLS",
      remedy: expect.stringContaining("tls-server-name"),
    });
  });

  test.each([401, 403])(
    "at Authentication: %d everywhere, with the manifest of a credential that works",
    async (status) => {
      await using world = await startTlsWorld(refuse(status));
      expect(await failedStep(world.target({ token: SECRET }))).toMatchObject({
        name: "Authentication",
        code: status === 401 ? "CLUSTER_AUTH" : "CLUSTER_FORBIDDEN",
        manifest: expect.stringContaining("kind: ServiceAccount"),
      });
    },
  );

  test.each([
    ["a web page", (_, reply) => reply.send(200, "<html>q7mark5z</html>"), "NOT_KUBERNETES"],
    ["a web page for everything unknown", (_, reply) => reply.send(404, "<html>q7mark5z</html>"), "NOT_KUBERNETES"],
    ["another JSON API", (_, reply) => reply.send(200, { gitVersion: "q7mark5z" }), "NOT_KUBERNETES"],
    [
      "a login page elsewhere",
      (_, reply) => reply.send(302, "", { location: "https://q7mark5z.example" }),
      "CLUSTER_REDIRECT",
    ],
    ["an API server that is not ready", (_, reply) => reply.send(503, "q7mark5z"), "CLUSTER_ERROR"],
  ] as const satisfies [string, Parameters<typeof startTlsWorld>[0], string][])(
    "at Authentication, because TLS was right: %s",
    async (_, answer, code) => {
      await using world = await startTlsWorld(answer);
      expect(await failedStep(world.target({ token: SECRET }))).toMatchObject({ name: "Authentication", code });
    },
  );

  test("before TLS: a program would have to be run first, which nobody allowed", async () => {
    await using world = await withRoutes({});
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: SECRET,
      args: [],
      env: {},
      baseDir: "/",
      provideClusterInfo: false,
      hash: "",
    };
    const step = await failedStep(world.target({ exec }));
    expect(step).toMatchObject({ name: "TLS", code: "CLUSTER_AUTH", manifest: null });
    expect(world.server.requests).toEqual([]);
  });

  test("at Flux: what it serves is not to be had", async () => {
    await using world = await withRoutes({ "GET /apis": refuse(500) });
    expect(await failedStep(world.target())).toMatchObject({ name: "Flux", code: "CLUSTER_ERROR" });
  });

  test("at Permissions: it may not even ask", async () => {
    await using world = await withRoutes({
      "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews": refuse(403),
    });
    expect(await failedStep(world.target())).toMatchObject({ name: "Permissions", code: "CLUSTER_FORBIDDEN" });
  });
});

/** A server that greets whoever connects, without TLS. */
async function startBanner(banner: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((socket) => void socket.on("error", () => {}).end(banner));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  return {
    url: `https://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((closed) => void server.close(() => closed())),
  };
}
