import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { until } from "@flux-orchestrator/testing";
import { type Family, failureOf, MARK, send, testBadInput } from "../../test/bad-input.ts";
import { useServer } from "../../test/use-server.ts";
import { tableHashes } from "../v1/test-unchanged.ts";

const server = useServer();
const deep = (levels: number) => `${`{"a":`.repeat(levels)}1${"}".repeat(levels)}`;

/** Texts that are no JSON. */
const NO_JSON = [
  "",
  "{",
  `{"value":"${MARK}",}`,
  `{"value":NaN}`,
  `{'value':'${MARK}'}`,
  `{"value":"x"/*c*/}`,
  `{"value":"x"} {}`,
  "\ufeff",
  "undefined",
];

const family: Family = {
  "B184 a body that is no JSON": NO_JSON.flatMap((body) => [
    ["PUT /settings/theme", body, 400, "BODY_SYNTAX"],
    ["POST /clusters", body, 400, "BODY_SYNTAX"],
    // To tRPC no body is no input.
    [
      "mutation setting.update",
      body,
      ...((body === "" || body === "\ufeff" ? [422, "INPUT_INVALID"] : [400, "BODY_SYNTAX"]) as [number, string]),
    ],
  ]),
  "B185 a body that is too deep, or has too many keys": [
    ...[41, 1000, 100_000].map((levels) => ["mutation setting.update", deep(levels), 422, "SETTING"] as const),
    [
      "mutation setting.update",
      Object.fromEntries([...Array(10_001).keys()].map((at) => [`k${at}`, 1])),
      422,
      "SETTING",
    ],
    ["mutation setting.update", { [MARK.repeat(1280)]: 1 }, 422, "SETTING"],
    ["PUT /settings/theme", deep(100_000), 400, "SETTING"],
    ["PUT /settings/theme", `{"value":${deep(100_000)}}`, 400, "INPUT_INVALID"],
  ],
  "B186 keys of prototypes": [
    ["mutation setting.update", `{"__proto__":{"value":"x"},"key":"a"}`, 422, "SETTING"],
    ["mutation setting.update", `{"key":"a","value":"x","__proto__":{"admin":true}}`, 422, "INPUT_INVALID"],
    [
      "mutation setting.update",
      `{"key":"a","value":"x","constructor":{"prototype":{"admin":true}}}`,
      422,
      "INPUT_INVALID",
    ],
    ["PUT /settings/theme", `{"__proto__":{"value":"x"}}`, 400, "SETTING"],
    ["PUT /settings/theme", `{"constructor":{"value":"x"}}`, 400, "SETTING"],
  ],
  "B187 characters and numbers that nothing can keep": [
    ...[`"${MARK}\\u0000"`, `"${MARK}\\ud800"`].map(
      (value) => ["PUT /settings/theme", `{"value":${value}}`, 400, "SETTING"] as const,
    ),
    ...["1e999", "-0", "9007199254740993"].map(
      (value) => ["PUT /settings/theme", `{"value":${value}}`, 400, "INPUT_INVALID"] as const,
    ),
    ...[`"${MARK}\\u0000"`, `"${MARK}\\ud800"`, "1e999", "-0", "9007199254740993"].map(
      (value) => ["mutation setting.update", `{"key":"theme","value":${value}}`, 422, "SETTING"] as const,
    ),
  ],
  "B188 a key that is there twice": [
    ...[
      `{"value":"a","value":"${MARK}"}`,
      `{"value":"a","VALUE":"${MARK}"}`,
      `{"value":"a","\\u0076alue":"${MARK}"}`,
      `{"value":"a","other":{"x":1,"x":"${MARK}"}}`,
      `{"value":"a","${MARK}":1,"${MARK}":[{"b":1},{"c":2}]}`,
    ].map((body) => ["PUT /settings/theme", body, 400, "INPUT_INVALID"] as const),
    ["PUT /rbac/roles/x/permissions", `{"permission_ids":["a"],"Permission_Ids":["${MARK}"]}`, 400, "INPUT_INVALID"],
    ...[
      `{"key":"theme","value":"a","value":"${MARK}"}`,
      `{"key":"theme","value":"a","\\u0076alue":"${MARK}"}`,
      `{"key":"theme","key":"${MARK}","value":{"a":1,"a":2}}`,
    ].map((body) => ["mutation setting.update", body, 422, "INPUT_INVALID"] as const),
    [
      "mutation setting.update?batch=1",
      `{"0":{"key":"theme","value":"a"},"0":{"key":"theme","value":"${MARK}"}}`,
      422,
      "INPUT_INVALID",
    ],
  ],
  "B194 methods that nothing here has": [
    ["PATCH /clusters", {}, 405, "METHOD_NOT_ALLOWED"],
    ["DELETE /settings", undefined, 405, "METHOD_NOT_ALLOWED"],
    ["PATCH /settings/theme", { value: "x" }, 405, "METHOD_NOT_ALLOWED"],
    ["GET /settings/theme", undefined, 405, "METHOD_NOT_ALLOWED"],
  ],
  "B200 calls of tRPC that are none": [
    ["query nope.nope", undefined, 404, "NOT_FOUND"],
    ["mutation nope", {}, 404, "NOT_FOUND"],
    ["query __proto__.list", undefined, 404, "NOT_FOUND"],
    ["query constructor", undefined, 404, "NOT_FOUND"],
    ["query resource.list", "{", 400, "BODY_SYNTAX"],
    ["query cluster.get", "null", 422, "INPUT_INVALID"],
    ["mutation setting.update", "null", 422, "INPUT_INVALID"],
    ["mutation setting.update", "[]", 422, "INPUT_INVALID"],
  ],
};
testBadInput(server, family);

/** One request under other headers, with what was changed by it. */
type Odd = [what: string, path: string, init: RequestInit, status: number, code: string];
const json = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): RequestInit => ({
  method: "PUT",
  body,
  headers: { "content-type": "application/json", ...headers },
});
const saved = JSON.stringify({ value: MARK });
const called = JSON.stringify({ key: "theme", value: MARK });
const post = (init: RequestInit): RequestInit => ({ ...init, method: "POST" });
const form = new FormData();
form.set("value", MARK);
const THEME = "/api/v1/settings/theme";
const UPDATE = "/trpc/setting.update";
const odd: Odd[] = [
  ...["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"].map(
    (type): Odd => [`B189 type ${type}`, UPDATE, post(json(called, { "content-type": type })), 415, "CONTENT_TYPE"],
  ),
  [
    "B189 in UTF-16",
    UPDATE,
    post(json(called, { "content-type": "application/json; charset=utf-16" })),
    415,
    "CONTENT_TYPE",
  ],
  ["B200 a form", UPDATE, { method: "POST", body: form }, 415, "CONTENT_TYPE"],
  ...["gzip", "br", "zstd", "deflate", "compress", "gzip, gzip"].flatMap((encoding): Odd[] => [
    [`B190 ${encoding}`, THEME, json(saved, { "content-encoding": encoding }), 415, "CONTENT_TYPE"],
    [`B190 ${encoding} over tRPC`, UPDATE, post(json(called, { "content-encoding": encoding })), 415, "CONTENT_TYPE"],
  ]),
  [
    "B190 a bomb",
    THEME,
    json(gzipSync(Buffer.alloc(64 * 1024 * 1024)), { "content-encoding": "gzip" }),
    415,
    "CONTENT_TYPE",
  ],
  ["B191 too long", THEME, json("x".repeat(1024 * 1024 + 1)), 413, "BODY_TOO_LARGE"],
  ["B191 too long over tRPC", UPDATE, post(json("x".repeat(1024 * 1024 + 1))), 413, "BODY_TOO_LARGE"],
  ...["PUT", "POST"].map(
    (method): Odd => [
      `B191 too long by ${method}, without a length`,
      method === "PUT" ? THEME : UPDATE,
      { ...json(called), method, body: new Blob(["x".repeat(1024 * 1024 + 1)]).stream() },
      413,
      "BODY_TOO_LARGE",
    ],
  ),
  ...[`"7"`, `W/"7"`, `"a", *`, "7", MARK, ""].map(
    (tag): Odd => [`B90 if it is at ${tag}`, THEME, json(saved, { "if-match": tag }), 412, "PRECONDITION_FAILED"],
  ),
  ...["null", "https://evil.example", "http://127.0.0.1.evil.example", "http://127.0.0.1:1", "file://"].flatMap(
    (origin): Odd[] => [
      [`B195 from ${origin}`, THEME, json(saved, { origin }), 403, "CSRF"],
      [`B195 from ${origin} over tRPC`, UPDATE, post(json(called, { origin })), 403, "CSRF"],
    ],
  ),
  ...["cross-site", "same-site"].map(
    (site): Odd => [`B195 ${site}`, THEME, json(saved, { "sec-fetch-site": site }), 403, "CSRF"],
  ),
  [
    "B196 a form of another site",
    THEME,
    { method: "PUT", body: form, headers: { origin: "https://evil.example" } },
    403,
    "CSRF",
  ],
  ...["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.nip.io:80"].map(
    (host): Odd => [`B197 as ${host}`, THEME, json(saved, { host }), 421, "MISDIRECTED"],
  ),
  ["B200 too many calls", `/trpc/${Array(51).fill("system.info").join(",")}?batch=1`, {}, 400, "BODY_SYNTAX"],
];

describe("requests that are not as they should be", () => {
  test.each(odd)("%s", async (_what, path, init, status, code) => {
    const before = await tableHashes(server.database);
    const response = await fetch(server.url + path, { ...init, keepalive: false });
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringContaining(code)]);
    const body = JSON.parse(text) as { error?: { data?: object } } | { error?: { data?: object } }[];
    const one = (Array.isArray(body) ? body[0] : body) as { hint?: string; error?: { data?: { hint?: string } } };
    expect(one.hint ?? one.error?.data?.hint).toBeString();
    expect(text).not.toContain(MARK);
    expect(response.headers.has("x-request-id")).toBe(true);
    expect(await tableHashes(server.database)).toEqual(before);
  });

  test("B189 over REST v1, the type of a body does not matter, nor does the case of that of tRPC", async () => {
    expect((await fetch(server.url + THEME, json(`{"value":"a"}`, { "content-type": "text/plain" }))).status).toBe(200);
    const called = post(json(`{"key":"theme","value":"b"}`, { "content-type": "Application/JSON; charset=UTF-8" }));
    expect((await fetch(server.url + UPDATE, called)).status).toBe(200);
  });

  test("B90 a change of whatever is there is made", async () => {
    expect((await fetch(server.url + THEME, json(`{"value":"c"}`, { "if-match": "*" }))).status).toBe(200);
  });

  test.each(["*, *", `"x`, "W/", MARK, "x".repeat(10_000), ","])(
    "B90 a tag %j that no list had is no failure",
    async (tag) => {
      const { status, text } = await send(server, "GET /resources", undefined, { "if-none-match": tag });
      expect([status, text.trim()]).toBeOneOf([
        [200, "[]"],
        [304, ""],
      ]);
    },
  );

  test("B194 another method in a header is no other method", async () => {
    const headers = { "x-http-method-override": "DELETE", "x-method-override": "DELETE" };
    const { status } = await send(server, "GET /settings", undefined, headers);
    expect(status).toBe(200);
    const post = await send(server, "POST /clusters/nope", {}, headers);
    expect([post.status, failureOf(post).code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
  });

  test("B197 what proxies say of hosts is not believed", async () => {
    const headers = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-for": "10.0.0.1",
      forwarded: "host=evil.example",
    };
    const { json, text, headers: answered } = await send(server, "GET /activities?limit=1", undefined, headers);
    expect(json).toBeArray();
    expect(text + JSON.stringify([...answered])).not.toContain("evil.example");
  });

  test.each([
    "/..%2f..%2fetc/passwd",
    "/.git/config",
    "/.env",
    "/_app/",
    "/_app/..%2f..%2fpackage.json",
    "/%00.js",
    "/_app/%00",
  ])("B198 %s is no file", async (path) => {
    const response = await fetch(server.url + path);
    const text = await response.text();
    expect(response.status).toBe(404);
    expect(text).not.toMatch(/root:|"dependencies"|\[core\]/);
  });

  test.each(["/%E0%A4%A", "/%", "/clusters/%zz", "/%c0%ae%c0%ae/x.js"])(
    "B135 %s is no failure of ours",
    async (path) => {
      expect((await fetch(server.url + path)).status).toBe(404);
    },
  );
});

describe("what is no HTTP", () => {
  /** Everything that comes back for these bytes until the connection is closed, or the first answer is whole. */
  const say = (bytes: string): Promise<string> =>
    new Promise((answered) => {
      const { hostname, port } = new URL(server.url);
      let text = "";
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      const end = () => {
        socket.destroy();
        answered(text);
      };
      socket.on("data", (piece) => {
        text += piece.toString("latin1");
        if (
          /\r\n\r\n[\s\S]*[}\n]$/.test(text) ||
          /^HTTP\/1.1 \d+[\s\S]*content-length: 0\r\n[\s\S]*\r\n\r\n$/i.test(text)
        )
          end();
      });
      socket.on("close", end).on("error", end);
    });
  const host = () => `Host: ${new URL(server.url).host}\r\n`;
  const type = "Content-Type: application/json\r\n";
  const rows: [what: string, bytes: () => string][] = [
    ["B191 a length that lies", () => `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length: -1\r\n\r\n${saved}`],
    [
      "B191 a length that is none",
      () => `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length: abc\r\n\r\n${saved}`,
    ],
    [
      "B191 a length that is too short",
      () => `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length: 12\r\n\r\n${saved}`,
    ],
    [
      "B192 a length and chunks",
      () =>
        `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n${saved}\r\n0\r\n\r\n`,
    ],
    [
      "B192 two lengths",
      () => `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length: 1\r\nContent-Length: 20\r\n\r\n${saved}`,
    ],
    ["B192 no host", () => `PUT ${THEME} HTTP/1.1\r\n${type}Content-Length: ${saved.length}\r\n\r\n${saved}`],
    [
      "B192 a space before the colon",
      () => `PUT ${THEME} HTTP/1.1\r\n${host()}${type}Content-Length : ${saved.length}\r\n\r\n${saved}`,
    ],
    [
      "B192 a folded header",
      () => `PUT ${THEME} HTTP/1.1\r\n${host()}X-A: b\r\n c\r\n${type}Content-Length: ${saved.length}\r\n\r\n${saved}`,
    ],
    [
      "B193 a header that is too long",
      () =>
        `PUT ${THEME} HTTP/1.1\r\n${host()}X-A: ${"a".repeat(17 * 1024)}\r\n${type}Content-Length: ${saved.length}\r\n\r\n${saved}`,
    ],
    [
      "B193 too many headers",
      () =>
        `PUT ${THEME} HTTP/1.1\r\n${host()}${"X-A: b\r\n".repeat(2000)}${type}Content-Length: ${saved.length}\r\n\r\n${saved}`,
    ],
    [
      "B193 an address that is too long",
      () =>
        `PUT ${THEME}?a=${"a".repeat(17 * 1024)} HTTP/1.1\r\n${host()}${type}Content-Length: ${saved.length}\r\n\r\n${saved}`,
    ],
    [
      "B200 calls of 100 KB in an address",
      () => `GET /trpc/setting.list?batch=1&input=${"a".repeat(100 * 1024)} HTTP/1.1\r\n${host()}\r\n`,
    ],
    ["B194 TRACE", () => `TRACE ${THEME} HTTP/1.1\r\n${host()}\r\n`],
    ["B194 PROPFIND", () => `PROPFIND ${THEME} HTTP/1.1\r\n${host()}\r\n`],
    ["B192 no version", () => `PUT ${THEME}\r\n${host()}\r\n`],
  ];
  test.each(rows)("%s is answered by no success, and changes nothing", async (_what, bytes) => {
    const before = await tableHashes(server.database);
    const answer = await say(bytes());
    expect(answer).toMatch(/^$|^HTTP\/1\.1 (4\d\d|505)/);
    expect(answer).not.toContain(MARK);
    expect(await tableHashes(server.database)).toEqual(before);
  });
});

test("B199 requests that never come to their end keep nobody from theirs", async () => {
  const { hostname, port, host } = new URL(server.url);
  const half = [
    "",
    "PUT /api",
    `PUT ${THEME} HTTP/1.1\r\nHost: ${host}\r\nX-A: `,
    `PUT ${THEME} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n{"value":`,
    `POST ${UPDATE} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"key`,
  ];
  const OPENED = 400;
  const logged = server.logged.length;
  const before = await tableHashes(server.database);
  const sockets = await Promise.all(
    Array.from(
      { length: OPENED },
      (_, at) =>
        new Promise<Socket>((open, failed) => {
          const socket = connect(Number(port), hostname, () =>
            socket.write(half[at % half.length]!, () => open(socket)),
          );
          socket.on("error", failed);
        }),
    ),
  );
  for (const ask of ["GET /settings", "query setting.list"] as const)
    expect((await send(server, ask, undefined)).status).toBe(200);
  // Nor is a body that was broken off taken for a whole one.
  for (const socket of sockets) socket.destroy();
  expect((await send(server, "GET /settings", undefined)).status).toBe(200);
  const broken = await until("each of them has ended", () => {
    const lines = server.logged.slice(logged).split("\n");
    return lines.filter((line) => /"method":"P(UT|OST)".*"status":400/.test(line)).length === OPENED * 0.4 && lines;
  });
  expect(broken.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  expect(await tableHashes(server.database)).toEqual(before);
});

describe("B201 failures inside", () => {
  beforeAll(async () => {
    await server.database.sql`alter table settings rename to ${server.database.sql(`settings_${MARK}`)}`;
  });
  afterAll(async () => {
    await server.database.sql`alter table ${server.database.sql(`settings_${MARK}`)} rename to settings`;
  });
  test.each(["GET /settings", "query setting.list"] as const)("%s is told as no more than that", async (ask) => {
    const sent = await send(server, ask, undefined);
    expect([sent.status, failureOf(sent).code]).toEqual([500, "INTERNAL"]);
    expect(failureOf(sent).hint).toContain(sent.headers.get("x-request-id")!);
    expect(sent.text).not.toMatch(/settings|relation|select|postgres|stack/i);
  });
});
