import { describe, expect, test } from "bun:test";
import { failureOf } from "../test/failure-of.ts";
import { startTlsWorld } from "../test/tls-world.ts";

describe("what comes back", () => {
  test.each([
    [400, { kind: "Status", reason: "BadRequest" }, "CLUSTER_REJECTED"],
    [400, "nonsense", "NOT_KUBERNETES"],
    [401, { kind: "Status", reason: "Unauthorized" }, "CLUSTER_AUTH"],
    [403, { kind: "Status", reason: "Forbidden" }, "CLUSTER_FORBIDDEN"],
    [404, { kind: "Status", reason: "NotFound" }, "OBJECT_NOT_FOUND"],
    [404, "404 page not found\n", "OBJECT_NOT_FOUND"],
    [409, { kind: "Status", reason: "Conflict" }, "CONFLICT"],
    [410, { kind: "Status", reason: "Expired" }, "GONE"],
    [418, "teapot", "NOT_KUBERNETES"],
    [422, { kind: "Status", reason: "Invalid" }, "CLUSTER_REJECTED"],
    [429, { kind: "Status", reason: "TooManyRequests" }, "CLUSTER_THROTTLED"],
    [500, "oops", "CLUSTER_ERROR"],
    [503, { kind: "Status", reason: "ServiceUnavailable" }, "CLUSTER_ERROR"],
    [504, { kind: "Status", reason: "Timeout" }, "CLUSTER_TIMEOUT"],
  ])("%d with %j is %s", async (status, body, code) => {
    await using world = await startTlsWorld((_, reply) => reply.send(status, body));
    expect(await failureOf(world.transport().json("/version"))).toMatchObject({ code, status });
  });

  test("nothing the API server writes gets into an error", async () => {
    const mark = "q7mark5z";
    const bodies = [mark, { kind: "Status", message: mark, reason: `${mark} ${mark}`, details: { name: mark } }];
    await using world = await startTlsWorld();
    for (const status of [302, 400, 401, 403, 404, 409, 410, 422, 429, 500])
      for (const body of bodies) {
        world.server.answer = (_, reply) => reply.send(status, body, { location: `https://${mark}.example` });
        const { code, message, reason } = await failureOf(world.transport().json("/version"));
        expect(JSON.stringify({ code, message, reason })).not.toContain(mark);
      }
  });

  test.each([
    ["a header", { "retry-after": "7" }, {}, 7_000],
    ["a Status", {}, { details: { retryAfterSeconds: 3 } }, 3_000],
    ["a header that asks for a day", { "retry-after": "86400" }, {}, 120_000],
    ["a header that is a date far ahead", { "retry-after": "Wed, 21 Oct 2099 07:28:00 GMT" }, {}, 120_000],
    ["a header that is a date of the past", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, {}, undefined],
    ["a header that says nothing", { "retry-after": "soon" }, {}, undefined],
    ["a header below zero", { "retry-after": "-5" }, {}, undefined],
  ])("how long to wait is read from %s", async (_, headers, status, retryAfterMs) => {
    await using world = await startTlsWorld((_, reply) =>
      reply.send(429, { kind: "Status", ...status }, headers as Record<string, string>),
    );
    expect((await failureOf(world.transport().json("/x"))).retryAfterMs).toBe(retryAfterMs);
  });

  test.each(["<html>q7mark5z</html>", '"q7mark5z"', '["q7mark5z"]', "null", "42", ""])(
    "an answer of %j is not Kubernetes",
    async (body) => {
      await using world = await startTlsWorld((_, reply) => reply.send(200, body));
      const error = await failureOf(world.transport().json("/version"));
      expect(error.code).toBe("NOT_KUBERNETES");
      expect(error.message).not.toContain("q7mark5z");
    },
  );

  test("an answer that breaks off is unreachable", async () => {
    await using world = await startTlsWorld((_, reply) => {
      reply.socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
      reply.destroy();
    });
    expect((await failureOf(world.transport().json("/version"))).code).toBe("CLUSTER_UNREACHABLE");
  });

  test("which fields it refuses are told, unknown ones too, and what is no field of its form is not", async () => {
    const causes = [
      { field: "spec.replicas", reason: "FieldValueInvalid", message: "q7mark5z" },
      { field: "spec.x", reason: "FieldValueRequired" },
      { field: "spec.<q7mark5z>", reason: "FieldValueRequired" },
      { field: "patch", reason: "FieldValueInvalid" },
      { field: 5 },
      null,
    ];
    const message = 'strict decoding error: unknown field "spec.y", unknown field "spec[\'q7mark5z\']"';
    await using world = await startTlsWorld((_, reply) =>
      reply.send(422, { kind: "Status", reason: "Invalid", message, details: { causes } }),
    );
    expect((await failureOf(world.transport().json("/x"))).fields).toEqual([
      { path: "spec.y", message: "is not known to this kind" },
      { path: "spec.replicas", message: "is not valid" },
      { path: "spec.x", message: "is required" },
    ]);
  });

  test("when the API server was last heard is known", async () => {
    await using world = await startTlsWorld();
    const transport = world.transport();
    expect(transport.heardAtMs).toBe(0);
    const beforeMs = Date.now();
    await transport.json("/version");
    expect(transport.heardAtMs).toBeGreaterThanOrEqual(beforeMs);
  });
});
