import { describe, expect, test } from "bun:test";
import { startConnectProxy } from "@flux-orchestrator/testing";
import { SECRET, steps, withRoutes } from "../../test/connection-steps.ts";
import { refuse } from "../../test/small-api-server.ts";
import { resolver } from "../../test/tls-world.ts";

describe("a connection that works", () => {
  test("is told step by step, with what was found", async () => {
    await using world = await withRoutes({});
    const walked = await steps(world.target({ token: SECRET }));
    expect(walked.map(({ outcome, code, remedy }) => [outcome, code, remedy])).toEqual(
      Array(7).fill(["ok", null, null]),
    );
    expect(walked.map(({ message }) => message)).toEqual([
      "The address needs no lookup.",
      `Connected to 127.0.0.1:${world.server.port}.`,
      "The API server's certificate is the expected one.",
      "The API server knows this credential as alice.",
      "Kubernetes v1.36.3.",
      "Flux v2.9.5, 2 Flux kinds, 42 objects.",
      "See objects live: yes. Reconcile, suspend and resume: yes. Keep the controllers' events: yes.",
    ]);
    expect(Object.assign({}, ...walked.map(({ facts }) => facts))).toEqual({
      kubernetesVersion: "v1.36.3",
      fluxVersion: "v2.9.5",
      kindCount: 2,
      objectCount: 42,
    });
  });

  test("changes nothing on the cluster", async () => {
    await using world = await withRoutes({});
    await steps(world.target());
    const written = world.server.requests
      .filter(({ method }) => method !== "GET")
      .map(({ path }) => path.split("/").at(-1)!);
    expect([...new Set(written)].sort()).toEqual(["selfsubjectaccessreviews", "selfsubjectreviews"]);
  });

  test("names the addresses a name resolves to", async () => {
    await using world = await withRoutes({});
    const { egress } = resolver(["::1", "127.0.0.1"]);
    const walked = await steps(world.target({ server: `https://api.example:${world.server.port}` }), egress);
    expect(walked[0]!.message).toBe("api.example resolves to ::1, 127.0.0.1.");
    expect(walked[1]!.message).toBe(`Connected to 127.0.0.1:${world.server.port}.`);
  });

  test("through a proxy speaks of the proxy", async () => {
    await using world = await withRoutes({});
    await using proxy = await startConnectProxy();
    const walked = await steps(world.target({ proxy: proxy.url }));
    expect(walked.slice(0, 2).map(({ message }) => message)).toEqual([
      "The proxy address needs no lookup.",
      `Connected to 127.0.0.1:${proxy.port}, the proxy.`,
    ]);
    expect(walked.at(-1)!.outcome).toBe("ok");
  });

  test("to a server before Kubernetes 1.28 knows no name, but that the credential is accepted", async () => {
    await using world = await withRoutes({ "POST /apis/authentication.k8s.io/v1/selfsubjectreviews": refuse(404) });
    expect((await steps(world.target()))[3]).toMatchObject({
      outcome: "ok",
      message: "The API server accepts the credential.",
    });
  });

  test("shows only what can be in a user's name", async () => {
    const username = 'system:serviceaccount:flux-system:x<script>"\u202e';
    await using world = await withRoutes({
      "POST /apis/authentication.k8s.io/v1/selfsubjectreviews": { status: { userInfo: { username } } },
    });
    const { message } = (await steps(world.target()))[3]!;
    expect(message).toBe("The API server knows this credential as system:serviceaccount:flux-system:xscript.");
  });
});

describe("a connection that works in part", () => {
  test("without TLS verification is warned of at TLS and goes on", async () => {
    await using world = await withRoutes({});
    const { ca: _, ...target } = world.target();
    const walked = await steps({ ...target, insecure: true });
    expect(walked[2]).toMatchObject({ outcome: "warn", remedy: expect.stringContaining("certificate-authority-data") });
    expect(walked.at(-1)!.outcome).toBe("ok");
  });

  test("without Flux says how to install it", async () => {
    await using world = await withRoutes({ "GET /apis": { kind: "APIGroupDiscoveryList", items: [] } });
    const walked = await steps(world.target());
    expect(walked[5]).toMatchObject({
      outcome: "warn",
      remedy: expect.stringContaining("flux install"),
      facts: { fluxVersion: null, kindCount: 0, objectCount: 0 },
    });
    expect(walked[6]!.message).toContain("unknown");
  });

  test("where lists are forbidden counts nothing", async () => {
    await using world = await withRoutes({ "GET /apis/source.toolkit.fluxcd.io/v1/gitrepositories": refuse(403) });
    expect((await steps(world.target()))[5]).toMatchObject({ outcome: "ok", facts: { objectCount: null } });
  });

  test("with rights for some kinds only names the others and comes with the manifest", async () => {
    await using world = await withRoutes({
      "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews": ({ body }, reply) => {
        const { resource, verb } = JSON.parse(body).spec.resourceAttributes;
        reply.send(201, {
          status: { allowed: verb !== "patch" && !(resource === "gitrepositories" && verb === "watch") },
        });
      },
    });
    const walked = await steps(world.target());
    expect(walked[6]).toMatchObject({
      outcome: "warn",
      message:
        "See objects live: partly (Not for GitRepository). Reconcile, suspend and resume: no. Keep the controllers' events: yes.",
      manifest: expect.stringContaining("verbs: [get, list, watch, patch]"),
    });
  });
});
