import { expect, test } from "bun:test";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { useApi } from "../test/api-fixture.ts";
import { allBut } from "../test/rights.ts";
import { appRouter } from "./router.ts";
import type { ErrorData } from "./trpc.ts";

const fixture = useApi();
const MARK = "q7mark5z";

/** One request to the router, as a server hands it over. */
async function request(path: string, init: RequestInit & { actor?: string } = {}): Promise<Response> {
  const { actor = "operator", ...rest } = init;
  return fetchRequestHandler({
    endpoint: "/trpc",
    req: new Request(`http://localhost/trpc/${path}`, rest),
    router: appRouter,
    createContext: () =>
      fixture.api.requestContext({ actor: { id: actor }, requestId: "request-1", through: "dashboard" }),
  });
}
const post = (path: string, body: unknown, actor?: string) =>
  request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(actor === undefined ? {} : { actor }),
  });
interface Body {
  result?: { data: unknown };
  error: { code: number; message: string; data: ErrorData };
}
const answerOf = async (response: Response) => ({
  status: response.status,
  body: (await response.json()) as Body,
});

test("an operation answers through its procedure, as the caller of the request", async () => {
  const { status, body } = await answerOf(await request("system.info", { actor: "operator-a" }));
  expect(status).toBe(200);
  expect(body).toMatchObject({ result: { data: { actor: "operator-a", version: "1.2.3" } } });
});

test("a refused input carries status, code, places and the request id, and nothing of the input", async () => {
  const { status, body } = await answerOf(
    await post("cluster.register", { name: "", kubeconfig: MARK, [MARK]: MARK, labels: { [MARK]: 1 } }),
  );
  expect(status).toBe(422);
  expect(body.error).toMatchObject({
    message: "name: must not be empty.",
    data: { code: "CLUSTER_NAME", httpStatus: 422, requestId: "request-1" },
  });
  expect(body.error.data.issues).toEqual([
    { path: "name", message: "must not be empty" },
    { path: "name", message: "must contain a letter or a digit" },
    { path: "labels.*", message: "must be a string" },
    { path: "", message: "has fields that are not known here" },
  ]);
  expect(JSON.stringify(body)).not.toContain(MARK);
});

test("every failure travels under the status of its code", async () => {
  fixture.rights.give("guest", allBut("setting.update"));
  const setting = { key: "a", value: "b" };
  expect(await answerOf(await post("setting.update", setting, "guest"))).toMatchObject({
    status: 403,
    body: { error: { data: { code: "FORBIDDEN", hint: expect.any(String) } } },
  });
  const missing = `cluster.get?input=${encodeURIComponent(JSON.stringify({ cluster: "nowhere" }))}`;
  expect(await answerOf(await request(missing))).toMatchObject({
    status: 404,
    body: { error: { data: { code: "CLUSTER_NOT_FOUND", httpStatus: 404 } } },
  });
});

test("what no operation answers says what is wrong with the request, without quoting it", async () => {
  const failures = await Promise.all([
    request(`${MARK}.info`).then(answerOf),
    request("setting.update").then(answerOf),
    post("setting.update", `{"${MARK}`).then(answerOf),
    request("system.info", { method: "POST", headers: { "content-type": "text/plain" }, body: MARK }).then(answerOf),
  ]);
  expect(failures.map(({ status, body }) => [status, body.error.data.code])).toEqual([
    [404, "NOT_FOUND"],
    [405, "METHOD_NOT_ALLOWED"],
    [400, "BODY_SYNTAX"],
    [415, "CONTENT_TYPE"],
  ]);
  for (const { body } of failures) expect(JSON.stringify(body.error.message)).not.toContain(MARK);
  for (const { body } of failures) expect(JSON.stringify(body)).not.toContain("stack");
});

test("an unexpected error is answered with the request id alone", async () => {
  const { sql } = fixture.database;
  await sql`alter table settings rename to ${sql(`settings_${MARK}`)}`;
  try {
    const { status, body } = await answerOf(await request("setting.list"));
    expect(status).toBe(500);
    expect(body.error).toEqual({
      code: -32603,
      message: "Something went wrong here.",
      data: {
        code: "INTERNAL",
        httpStatus: 500,
        hint: "Look for request request-1 in the server's log.",
        requestId: "request-1",
      },
    });
  } finally {
    await sql`alter table ${sql(`settings_${MARK}`)} rename to settings`;
  }
});

test("the live stream speaks server-sent events: each frame with its cursor as the event's id", async () => {
  const input = encodeURIComponent(JSON.stringify({ topics: [{ topic: "summary" }] }));
  const hangUp = new AbortController();
  const response = await request(`live.watch?input=${input}`, { signal: hangUp.signal });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\nid: ")) text += (await reader.read()).value ?? "";
  expect(text).toMatch(/data: \{"type":"hello","cursor":"[0-9a-f]+\.\d+"/);
  expect(text).toMatch(/id: [0-9a-f]+\.\d+/);
  hangUp.abort();
  await reader.cancel().catch(() => {});
});

test("a stream that may not be opened says so by its code", async () => {
  fixture.rights.give("blind", allBut("resource.read"));
  const input = encodeURIComponent(JSON.stringify({ topics: [{ topic: "summary" }] }));
  const text = await (await request(`live.watch?input=${input}`, { actor: "blind" })).text();
  expect(text).toContain("serialized-error");
  expect(text).toContain('"code":"FORBIDDEN"');
});
