import { expect, test } from "bun:test";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";

const rest = useRest();
const failure = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
  const { status, json } = await rest.call(method, path, body, headers);
  expectShape(json, FAILURE);
  return [status, json.code];
};

test("an answer is one JSON value and a newline, without a charset, for no cache to keep", async () => {
  for (const path of ["/api/v1/clusters", "/api/v1/settings", "/api/v1/clusters/nope", "/api/v1/resources"]) {
    const { text, headers } = await rest.call("GET", path);
    expect(text).toEndWith("\n");
    expect(text.trimEnd().split("\n")).toHaveLength(1);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
  }
});

test("an unknown path under /api/v1 is a JSON 404, never the page", async () => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
    for (const path of ["/api/v1", "/api/v1/", "/api/v1/nope", "/api/v1/clusters/a/b/c/d/e/f/g", "/api/v1/clusters/"]) {
      expect([method, path, ...(await failure(method, path))]).toEqual([method, path, 404, "NOT_FOUND"]);
    }
  }
  expect((await rest.call("GET", "/clusters")).headers.get("content-type")).toBe("text/html");
});

test("a wrong method is 405 and told which ones there are", async () => {
  const rows: [method: string, path: string, allow: string][] = [
    ["PATCH", "/api/v1/clusters", "GET, HEAD, POST, OPTIONS"],
    ["POST", "/api/v1/clusters/x", "GET, HEAD, PUT, DELETE, OPTIONS"],
    ["GET", "/api/v1/clusters/x/sync", "POST, OPTIONS"],
    ["DELETE", "/api/v1/settings", "GET, HEAD, OPTIONS"],
    ["GET", "/api/v1/settings/x", "PUT, OPTIONS"],
    ["PUT", "/api/v1/clusters/x/flux/Kustomization/a/b/suspend", "POST, OPTIONS"],
  ];
  for (const [method, path, allow] of rows) {
    const answer = await rest.call(method, path);
    expect([answer.status, answer.json.code, answer.headers.get("allow")]).toEqual([405, "METHOD_NOT_ALLOWED", allow]);
    expectShape(answer.json, FAILURE);
  }
});

test("OPTIONS is 200 and empty on every path, and opens nothing to other sites", async () => {
  for (const path of ["/api/v1/clusters", "/api/v1/nope"]) {
    const answer = await rest.call("OPTIONS", path, undefined, { origin: "https://elsewhere.example" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("HEAD answers as GET does, without the body", async () => {
  for (const path of ["/api/v1/clusters", "/api/v1/resources", "/api/v1/clusters/nope", "/healthz"]) {
    const [head, get] = [await rest.call("HEAD", path), await rest.call("GET", path)];
    expect([path, head.status, head.text]).toEqual([path, get.status, ""]);
    for (const name of ["content-type", "cache-control", "etag"])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  }
});

test("doubled slashes lead to the cleaned path, query included", async () => {
  const answer = await rest.call("GET", "/api/v1//clusters///x?kind=A&kind=B");
  expect([answer.status, answer.headers.get("location")]).toEqual([301, "/api/v1/clusters/x?kind=A&kind=B"]);
});

test("dot segments name the path they lead to", async () => {
  const { status, json } = await rest.call("GET", "/api/v1/resources/../clusters");
  expect([status, json]).toEqual([200, []]);
});

test("a body is JSON whatever its type says: whose page sent it was judged before", async () => {
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "Application/JSON; charset=utf-8",
  ]) {
    const body = JSON.stringify({ name: type, kubeconfig: kubeconfigOf("https://127.0.0.1:1") });
    const { status, json } = await rest.call("POST", "/api/v1/clusters", body, { "content-type": type });
    expect([type, status]).toEqual([type, 201]);
    await rest.call("DELETE", `/api/v1/clusters/${json.id}`);
    expect(await failure("POST", "/api/v1/clusters", "name=x", { "content-type": type })).toEqual([400, "BODY_SYNTAX"]);
  }
});

test("an action without a body needs no type", async () => {
  expect(await failure("POST", "/api/v1/clusters/nope/favorite")).toEqual([404, "CLUSTER_NOT_FOUND"]);
});

test("a body of more than 1 MiB is refused, stated or not", async () => {
  const huge = JSON.stringify({ name: "x".repeat(1024 * 1024) });
  expect(await failure("PUT", "/api/v1/clusters/nope", huge)).toEqual([413, "BODY_TOO_LARGE"]);
  const chunks = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let count = 0; count < 5; count++) controller.enqueue(new TextEncoder().encode(huge.slice(0, 300_000)));
      controller.close();
    },
  });
  const answer = await fetch(`${rest.url}/api/v1/clusters/nope`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: chunks,
  });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "BODY_TOO_LARGE"]);
});

test("names and queries may hold what the original's input filter refused", async () => {
  const name = "R&D; 100% <union select> $ `x` | delete from";
  const made = await rest.call("POST", "/api/v1/clusters", { name, kubeconfig: kubeconfigOf("https://127.0.0.1:1") });
  expect([made.status, made.json.name]).toEqual([201, name]);
  expect((await rest.call("GET", "/api/v1/activities?cluster_id=a;b$&limit=x")).json).toEqual([]);
  await rest.call("DELETE", `/api/v1/clusters/${made.json.id}`);
});

test("a failure of the database tells nothing of it, and when to come back", async () => {
  await rest.database.sql`alter table settings rename to hidden`;
  try {
    const answer = await rest.call("GET", "/api/v1/settings");
    expect([answer.status, answer.json.code]).toEqual([500, "INTERNAL"]);
    expectShape(answer.json, FAILURE);
    expect(answer.text).not.toMatch(/settings|relation|SQL|exist/i);
    expect(rest.errors.splice(0)).toHaveLength(1);
  } finally {
    await rest.database.sql`alter table hidden rename to settings`;
  }
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});
