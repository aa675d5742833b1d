import { expect, expectTypeOf, test } from "bun:test";
import { createClient, InvalidInputError, NotAllowedError, NotFoundError, TryAgainError } from "../src/index.ts";
import { useTestServers } from "./test-server.ts";

const servers = useTestServers();
const client = () => createClient({ url: servers.server.url });
/** What a call failed with. */
const failureOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error) => error,
  );

/** A server that is something else; ended with its block. */
function stranger(answer: () => Response | Promise<Response>) {
  const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  return {
    url: `http://127.0.0.1:${other.port}`,
    async [Symbol.asyncDispose]() {
      await other.stop(true);
    },
  };
}

/** Of a cluster that nobody listens at. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: gone, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: nobody, user: { token: "abcdefghijklmnop" } }]
contexts: [{ name: gone, context: { cluster: gone, user: nobody } }]
current-context: gone
`;

test("a query is answered, with the server's own types", async () => {
  const info = await client().system.info.query();
  expect(info).toMatchObject({ version: "1.2.3", mode: "local", actor: "test" });
  expectTypeOf(info.clusterCount).toEqualTypeOf<number>();
});

test("a mutation changes what a query then says", async () => {
  await client().setting.update.mutate({ key: "auto_sync_interval_minutes", value: "7" });
  const settings = await client().setting.list.query();
  expect(settings.find(({ key }) => key === "auto_sync_interval_minutes")?.value).toBe("7");
});

test("a wrong input names its places, the call and what to do", async () => {
  const error = await failureOf(client().setting.update.mutate({ key: "auto_sync_interval_minutes", value: "soon" }));
  expect(error).toBeInstanceOf(InvalidInputError);
  const { code, httpStatus, requestId, issues } = error as InvalidInputError;
  expect({ code, httpStatus }).toEqual({ code: "SETTING", httpStatus: 422 });
  expect(requestId).toBe(`request-${servers.server.requests.length}`);
  expect(issues).toEqual([{ path: "value", message: "must be a whole number from 1 to 999999" }]);
});

test("what does not exist is not found", async () => {
  const error = await failureOf(client().cluster.get.query({ cluster: "nowhere" }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect((error as NotFoundError).code).toBe("CLUSTER_NOT_FOUND");
});

test("a registered cluster is listed; its name cannot be taken again", async () => {
  const registered = await client().cluster.register.mutate({ name: "Gone", kubeconfig: KUBECONFIG });
  expect((await client().cluster.list.query()).map(({ id }) => id)).toContain(registered.id);
  const error = await failureOf(client().cluster.register.mutate({ name: "Gone", kubeconfig: KUBECONFIG }));
  expect(error).toBeInstanceOf(InvalidInputError);
  expect((error as InvalidInputError).code).toBe("CLUSTER_NAME_TAKEN");
});

test("who may do nothing is told to ask", async () => {
  const strict = await servers.start({ authorizer: { allows: async () => false, visible: async () => ({ any: [] }) } });
  const error = await failureOf(createClient({ url: strict.url }).fleet.summary.query());
  expect(error).toBeInstanceOf(NotAllowedError);
  expect((error as NotAllowedError).code).toBe("FORBIDDEN");
  expect((error as NotAllowedError).hint).toContain("Ask");
});

test("a server that is not there is worth another try", async () => {
  const error = await failureOf(createClient({ url: "http://127.0.0.1:1" }).system.info.query());
  expect(error).toBeInstanceOf(TryAgainError);
  expect(error).toMatchObject({ code: "UNREACHABLE", httpStatus: undefined });
});

test("a proxy in front of a server that is down counts as not there", async () => {
  await using proxy = stranger(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const error = await failureOf(createClient({ url: proxy.url }).system.info.query());
  expect(error).toMatchObject({ code: "UNREACHABLE", httpStatus: 502 });
});

test("a page instead of an answer says that the address is wrong", async () => {
  await using page = stranger(() => new Response("<h1>Please sign in</h1>"));
  const error = await failureOf(createClient({ url: page.url }).system.info.query());
  expect(error).toMatchObject({ code: "UNEXPECTED_ANSWER", httpStatus: 200 });
});

test("a refusal before the router is read as well", async () => {
  const body = { error: "This server is not known by that name.", code: "MISDIRECTED", hint: "Use another." };
  await using front = stranger(() => Response.json(body, { status: 421 }));
  const error = await failureOf(createClient({ url: front.url }).system.info.query());
  expect(error).toMatchObject({ message: body.error, code: body.code, hint: body.hint, httpStatus: 421 });
});

test("a code of a newer server goes by its status", async () => {
  const body = { error: { code: -32603, message: "Not now.", data: { code: "BRAND_NEW", httpStatus: 503 } } };
  await using newer = stranger(() => Response.json(body, { status: 503 }));
  const error = await failureOf(createClient({ url: newer.url }).system.info.query());
  expect(error).toBeInstanceOf(TryAgainError);
  expect(error).toMatchObject({ message: "Not now.", code: "BRAND_NEW", httpStatus: 503 });
});

test("a call that takes too long ends; after a change it says to look first", async () => {
  const never = Promise.withResolvers<Response>();
  await using slow = stranger(() => never.promise);
  const impatient = createClient({ url: slow.url, timeoutMs: 50 });
  const error = await failureOf(impatient.cluster.resync.mutate({ cluster: "a" }));
  expect(error).toBeInstanceOf(TryAgainError);
  expect(error).toMatchObject({ code: "TIMEOUT", message: "cluster.resync was not answered within 0.05 s." });
  expect((error as TryAgainError).hint).toContain("look before");
});

test("an aborted call throws the reason it was aborted for", async () => {
  const reason = new Error("no longer wanted");
  const error = await failureOf(client().system.info.query(undefined, { signal: AbortSignal.abort(reason) }));
  expect(error).toBe(reason);
});

test("the token travels with each call, through the given fetch, to the given path", async () => {
  const asked: { url: string; authorization: string | null }[] = [];
  const proxied = createClient({
    url: "http://flux.example.com/behind/",
    token: "secret",
    fetch(input, init) {
      asked.push({ url: String(input), authorization: new Headers(init?.headers).get("authorization") });
      return fetch(`${servers.server.url}/trpc/system.info`, init);
    },
  });
  expect((await proxied.system.info.query()).version).toBe("1.2.3");
  expect(asked).toEqual([{ url: "http://flux.example.com/behind/trpc/system.info", authorization: "Bearer secret" }]);
});

test("a client can be awaited like any other value", async () => {
  expect((await Promise.resolve(client())).system).toBeDefined();
});

test("an address that is none is refused at once", () => {
  expect(() => createClient({ url: "flux" })).toThrow(TypeError);
});
