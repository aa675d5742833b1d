import { expect, test } from "bun:test";
import { failureOf } from "../test/failure-of.ts";
import { SERVED } from "../test/scripted-reflector.ts";
import { startTlsWorld } from "../test/tls-world.ts";
import { FluxClient } from "./flux-client.ts";

test("a list that never ends is given up after a thousand pages", async () => {
  await using world = await startTlsWorld((_, reply) => {
    const next = String(world.server.requests.length);
    reply.send(200, { metadata: { resourceVersion: "1", continue: next }, items: [] });
  });
  const listed = Array.fromAsync(new FluxClient(world.transport()).pages(SERVED));
  expect(await failureOf(listed)).toMatchObject({ code: "CLUSTER_ERROR", reason: "EndlessList" });
  expect(world.server.requests.length).toBe(1001);
}, 180_000);

test("a page is asked for compressed, 500 objects at a time", async () => {
  await using world = await startTlsWorld((_, reply) =>
    reply.send(200, { metadata: { resourceVersion: "1" }, items: [] }),
  );
  await Array.fromAsync(new FluxClient(world.transport()).pages(SERVED));
  expect(world.server.requests[0]!.headers["accept-encoding"]).toContain("gzip");
  expect(world.server.requests[0]!.path).toEndWith("/kustomizations?limit=500");
});
