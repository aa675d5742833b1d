import { expect, test } from "bun:test";
import { createAuthority, startConnectProxy } from "@flux-orchestrator/testing";
import { failureOf } from "../../test/failure-of.ts";
import { ask, WAYS, worldFor } from "../../test/ways.ts";

/** More than 10,000 requests in all. */
const REQUESTS = { "a call": 420, "a stream over HTTP/2": 420, "a stream over HTTP/1.1": 60 };
const AT_ONCE = 24;

test.each(
  WAYS.flatMap(
    (way) =>
      [
        [way, "directly"],
        [way, "through a proxy"],
      ] as const,
  ),
)("identities on one host and port never mix, however their requests interleave, by %s %s", async (way, route) => {
  await using world = await worldFor(way);
  await using proxy = await startConnectProxy();
  const { authority } = world;
  const over = route === "directly" ? {} : { proxy: proxy.url };
  const identities = [
    ...["cert-a", "cert-b"].map((name) => ({ name, fields: authority.issue({ commonName: name }) })),
    ...["token-c", "token-d"].map((name) => ({ name, fields: { token: name } })),
    { name: "basic-e", fields: { basic: { username: "basic-e", password: "x" } } },
    { name: "both-f", fields: { ...authority.issue({ commonName: "both-f" }), token: "both-f" } },
  ].map(({ name, fields }) => ({ name, transport: world.transport({ ...fields, ...over }) }));
  // The same server, of which it believes another authority: it may never get a word through.
  const deceived = world.transport({ token: "deceived", ca: createAuthority().cert, ...over });

  let next = 0;
  const askOn = async (): Promise<void> => {
    for (let i = next++; i < REQUESTS[way] * identities.length; i = next++) {
      const { name, transport } = identities[i % identities.length]!;
      await ask(way, transport, `/${name}/${i}`);
      if (i % 100 === 0) expect((await failureOf(ask(way, deceived, "/deceived"))).code).toBe("CLUSTER_TLS");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));

  expect(world.server.requests.length).toBe(REQUESTS[way] * identities.length);
  const mixed = world.server.requests.filter(({ path, clientName, headers }) => {
    const name = path.split("/")[1]!;
    const [scheme, secret = ""] = (headers.authorization ?? "").split(" ");
    const shown = scheme === "Basic" ? Buffer.from(secret, "base64").toString().split(":")[0] : secret;
    return clientName !== (/^(cert|both)/.test(name) ? name : null) || shown !== (name.startsWith("cert") ? "" : name);
  });
  expect(mixed).toEqual([]);
  expect(proxy.targets.length > 0).toBe(route === "through a proxy");
});
