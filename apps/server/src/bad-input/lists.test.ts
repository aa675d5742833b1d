import { beforeAll, expect, test } from "bun:test";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { type BadInput, type Family, MARK, send, testBadInput } from "../../test/bad-input.ts";
import { kubeconfigTo } from "../../test/kubeconfig-to.ts";
import { useServer } from "../../test/use-server.ts";

const server = useServer();
let id = "";

beforeAll(async () => {
  const kubeconfig = kubeconfigTo("https://127.0.0.1:1", { token: MARK });
  id = (await send(server, "POST /clusters", { name: 'a"; filename=x', kubeconfig })).json.id;
  await server.database.sql.begin((tx) =>
    storeResources(
      tx,
      ["=cmd", "+1", "-1", "@x", "plain"].map((name) => resourceRow({ clusterId: id, namespace: "apps", name })),
    ),
  );
});

/** Lists of REST v1: they are never refused for a number, and take texts as texts. */
const LISTS = ["/resources", "/clusters/:id/resources", "/activities"] as const;
const encoded = (text: string) => encodeURIComponent(text);
const rest = (query: string, status = 200, code?: string): BadInput[] =>
  LISTS.map((path) => [`GET ${path}?${query}`, undefined, status, code]);
const list = (input: unknown, status = 422, code?: string): BadInput => [
  "query resource.list",
  input,
  status,
  status === 200 ? undefined : (code ?? "INPUT_INVALID"),
];
const activities = (input: unknown, code = "INPUT_INVALID"): BadInput => ["query activity.list", input, 422, code];
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const NO_LIMITS = [0, -1, 201, 1e9, "abc", "10", null, 1.5, [10], { a: 1 }];
const NO_CURSORS = [MARK, "null", b64([MARK]), b64({ a: 1 }), b64(["name", "x", 1e12]), "9".repeat(1000), "..", "a.b"];
const TEXTS = [
  "'; --",
  "%",
  "_",
  "\\",
  "😀",
  "<script>x</script>",
  "$(x)",
  "a&b;c",
  "(a+)+$",
  "null",
  "__proto__",
  "\u202e",
];
const NO_TIMES = [
  "now()-1",
  "2026-01-01T00:00:00",
  "10000-01-01T00:00:00Z",
  "yesterday",
  "2026-13-01T00:00:00Z",
  MARK,
  7,
  null,
];
const NO_SELECTORS = ["a in (", "a=b,c=d", "", "=", "!", "!a=b", "a b", "a=b c", `${MARK} `, "x".repeat(401), 7];

const OBJECTS = LISTS.filter((path) => path !== "/activities");
/** Lists of objects alone, and the watch, which takes the same words; its stream is only begun. */
const objects = (query: string, status: number, code?: string): BadInput[] =>
  [...OBJECTS.map((path) => `GET ${path}?${query}` as const), `HEAD /watch?${query}` as const].map((ask) => [
    ask,
    undefined,
    status,
    code,
  ]);
const NO_ORDERS = [
  `name"; drop table clusters`,
  "password",
  "__proto__",
  "constructor",
  "--name",
  "-",
  "name,key",
  MARK,
];
const NO_FIELDS = ["password", "__proto__", "constructor", "id;drop", "Id", "metadata.name", "*", MARK];
const NO_WATCHES = ["limit=1", "cursor=x", "sort=name", "environment=x", "-text=x", "kind%5B%5D=x", `${MARK}=1`];

const family: Family = {
  "B159 a limit that is none": [
    ...NO_LIMITS.flatMap((limit) => [list({ limit }), activities({ limit })]),
    ["query job.list", { limit: 1e9 }, 422, "INPUT_INVALID"],
    // Q40: clamped, or as good as absent.
    ...[
      "limit=0",
      "limit=-1",
      "limit=201",
      "limit=1e9",
      "limit=abc",
      "limit=1&limit=2",
      "limit=10;drop",
      "limit=",
    ].flatMap((query) => rest(query)),
  ],
  "B160 a cursor that is none, or another list's": [
    ...NO_CURSORS.flatMap((cursor): BadInput[] => [
      list({ cursor }, 400, "CURSOR"),
      ...rest(`limit=1&cursor=${encoded(cursor)}`, 400, "CURSOR").filter(
        // To activities a number is a place, however far.
        ([ask]) => !(ask.includes("/activities") && /^\d{1,18}$/.test(cursor)),
      ),
    ]),
    ["query activity.list", { cursor: MARK }, 400, "CURSOR"],
    ["query activity.list", { cursor: "-1" }, 400, "CURSOR"],
    ["query activity.list", { cursor: "1".repeat(19) }, 400, "CURSOR"],
    list({ cursor: "x".repeat(10_000) }, 400, "CURSOR"),
    list({ cursor: 7 }, 400, "CURSOR"),
  ],
  "B161 an order that is none": [
    ...[
      `name"; drop table clusters`,
      "password",
      Array(1000).fill("name").join(","),
      "__proto__",
      "",
      ["name"],
      null,
    ].map((sort) => list({ sort })),
    ...NO_ORDERS.flatMap((sort) =>
      OBJECTS.map((path): BadInput => [`GET ${path}?sort=${encoded(sort)}`, undefined, 400, "INPUT_INVALID"]),
    ),
    ...OBJECTS.map(
      (path): BadInput => [`GET ${path}?sort=${Array(1000).fill("name").join(",")}`, undefined, 400, "INPUT_INVALID"],
    ),
    ...NO_FIELDS.flatMap((fields) => objects(`fields=${encoded(fields)}`, 400, "INPUT_INVALID")),
    ...objects(`fields=${Array(1000).fill("id").join(",")}`, 200),
    ...objects("fields=,,", 200),
    list({ descending: "yes" }),
    list({ facets: ["password"] }),
    list({ facets: Array(20).fill("kind") }),
  ],
  "B162 texts that mean something elsewhere are texts": [
    ...TEXTS.map((text) => list({ text }, 200)),
    ...TEXTS.map((text) => list({ namespace: [text], revision: [text] }, 200)),
    ...TEXTS.flatMap((text) =>
      ["text", "namespace", "-namespace", "revision", "-revision"].flatMap((name) =>
        objects(`${name}=${encoded(text)}`, 200),
      ),
    ),
    ...TEXTS.flatMap((text) =>
      OBJECTS.map(
        (path): BadInput => [
          `GET ${path}?environment=${encoded(text)}&cluster_id=${encoded(text)}&-cluster_id=${encoded(text)}`,
          undefined,
          200,
        ],
      ),
    ),
    ...TEXTS.map((text): BadInput => ["query activity.list", { name: text, actor: text }, 200]),
    ...TEXTS.map(
      (text): BadInput => [`GET /activities?cluster_id=${encoded(text)}&user_id=${encoded(text)}`, undefined, 200],
    ),
    ...TEXTS.map((text): BadInput => [`GET /clusters/${encoded(text)}/resources`, undefined, 200]),
  ],
  "B163 a text that is too long": [
    list({ text: "x".repeat(201) }),
    list({ text: ["x"] }),
    list({ namespace: ["x".repeat(254)] }),
    list({ namespace: Array(101).fill("x") }),
    list({ cluster: Array(1001).fill("x") }),
    list({ revision: [""] }),
    ...objects(`text=${"x".repeat(201)}`, 400, "INPUT_INVALID"),
    ...objects(`-namespace=${"x".repeat(254)}`, 400, "INPUT_INVALID"),
    ...objects(Array(101).fill("-revision=x").join("&"), 400, "INPUT_INVALID"),
    ...OBJECTS.map(
      (path): BadInput => [
        `GET ${path}?${Array(1001).fill("cluster_id=x").join("&")}`,
        undefined,
        400,
        "INPUT_INVALID",
      ],
    ),
    [`HEAD /watch?${Array(51).fill("cluster_id=:id").join("&")}`, undefined, 400, "INPUT_INVALID"],
    activities({ name: "x".repeat(254) }),
    activities({ action: Array(21).fill("x") }),
    activities({ action: "create" }),
  ],
  "B164 fields that no list has": [
    list({ "cluster_id[]": "x" }),
    list({ [MARK]: MARK }),
    list({ not: { text: "x" } }),
    list({ not: { not: {} } }),
    list({ kind: MARK }),
    list({ kind: [MARK] }),
    list({ readiness: ["Fine"] }),
    list([]),
    activities({ [MARK]: 1 }),
    ...rest(`a%5Bb%5D=c&${MARK}=1&kind=Kustomization&kind=Kustomization`),
    ...["readiness=Fine", "-readiness=ready", "readiness=__proto__", "-kind=__proto__", "-kind=a%20b"].flatMap(
      (query) => objects(query, 400, "INPUT_INVALID"),
    ),
    ...NO_WATCHES.map((query): BadInput => [`GET /watch?${query}`, undefined, 400, "INPUT_INVALID"]),
    ["GET /watch?kind=Secret", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["GET /watch?cluster_id=nope", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["GET /resources?kind=a%20b", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["GET /clusters/:id/resources?kind=%2e%2e", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["GET /resources/export?status=Fine", undefined, 400, "INPUT_INVALID"],
    ["GET /activities?status=Fine", undefined, 400, "INPUT_INVALID"],
  ],
  "B165 characters that no database keeps": [
    ...["a\0b", "\ud800", `${MARK}\udfff`].flatMap((text) => [
      list({ text }),
      list({ namespace: [text] }),
      activities({ name: text }),
      activities({ actor: text }),
    ]),
    ...["text", "namespace", "-namespace", "revision", "label"].flatMap((name) =>
      objects(`${name}=a%00`, 400, "INPUT_INVALID"),
    ),
    ["GET /activities?user_id=%00", undefined, 400, "INPUT_INVALID"],
    ["GET /activities?resource_type=a%00", undefined, 400, "INPUT_INVALID"],
    ["GET /resources?kind=%00", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["GET /resources?kind=%ff", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["GET /activities?user_id=%c3%28", undefined, 200],
  ],
  "B166 a time that is none, or ends before it begins": [
    ...NO_TIMES.flatMap((time) => [activities({ since: time }), activities({ until: time })]),
    ...NO_TIMES.filter((time) => typeof time === "string").flatMap((time): BadInput[] => [
      [`GET /activities?since=${encoded(time)}`, undefined, 400, "INPUT_INVALID"],
      [`GET /activities?until=${encoded(time)}`, undefined, 400, "INPUT_INVALID"],
    ]),
    activities({ since: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z" }),
    ["GET /activities?since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", undefined, 400, "INPUT_INVALID"],
  ],
  "B167 a label that is none": [
    ...NO_SELECTORS.map((label) => list({ label: [label] })),
    ...NO_SELECTORS.filter((label) => typeof label === "string" && label !== "" && label !== "a=b,c=d").flatMap(
      (label) => objects(`-label=${encoded(String(label))}`, 400, "INPUT_INVALID"),
    ),
    ...objects(Array(51).fill("label=a%3Db").join("&"), 400, "INPUT_INVALID"),
    list({ label: Array(51).fill("a=b") }),
    list({ label: "a=b" }),
  ],
  "B172 a place in a list is never a number": [
    ...rest("offset=1000000000000&page=-1&skip=1e12"),
    list({ offset: 1e12 }),
    list({ page: 2 }),
    activities({ offset: 1 }),
    ...[1e12, -1, { offset: 1e12 }, [1e12], ["key", 1e12], "1000000000000"].flatMap((place): BadInput[] => [
      list({ cursor: b64(place) }, 400, "CURSOR"),
      ...rest(`limit=1&cursor=${b64(place)}`, 400, "CURSOR"),
    ]),
    ["query activity.list", { cursor: b64(1e12) }, 400, "CURSOR"],
  ],
  "B168 a file that cannot be saved so": [
    ["GET /clusters/nope/export", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["GET /clusters/nope/export?format=csv", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["GET /resources/export?kind=a%20b", undefined, 400, "KIND_NOT_SUPPORTED"],
    ["HEAD /clusters/nope/export", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["HEAD /resources/export?status=Fine", undefined, 400, "INPUT_INVALID"],
    // Q40: whatever is no CSV is JSON.
    ["GET /resources/export?format=..%2fx", undefined, 200],
    ["GET /resources/export?format=xlsx", undefined, 200],
  ],
};
testBadInput(server, family, { fill: (text) => text.replaceAll(":id", id) });

test("B160 a cursor of one list is no cursor of another", async () => {
  const first = await send(server, "query resource.list", { limit: 1, sort: "name" });
  const { nextCursor: cursor } = first.json.result.data;
  expect(cursor).toBeString();
  for (const [input, status] of [
    [{ limit: 1, sort: "name", cursor }, 200],
    [{ limit: 1, sort: "changed", cursor }, 400],
    [{ limit: 1, sort: "name", descending: true, cursor }, 400],
  ] as const)
    expect([input, (await send(server, "query resource.list", input)).status]).toEqual([input, status]);
});

test("B160 over REST too, and with other filters", async () => {
  const page = "GET /resources?limit=1&sort=name&namespace=apps" as const;
  const cursor = (await send(server, page, undefined)).headers.get("x-next-cursor")!;
  for (const [query, status] of [
    ["limit=1&sort=name&namespace=apps", 200],
    ["limit=2&sort=name&namespace=apps&fields=id", 200],
    ["limit=1&sort=-name&namespace=apps", 400],
    ["limit=1&sort=name", 400],
    ["limit=1&sort=name&-namespace=apps", 400],
    ["limit=1&sort=name&namespace=apps&text=x", 400],
  ] as const) {
    const sent = await send(server, `GET /resources?${query}&cursor=${encoded(cursor)}`, undefined);
    expect([query, sent.status, sent.json?.code]).toEqual([query, status, status === 200 ? undefined : "CURSOR"]);
  }
});

test("B169 names that a spreadsheet would compute are quoted", async () => {
  const { text } = await send(server, "GET /resources/export?format=csv", undefined);
  const names = text
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(",")[3]);
  expect(names.sort()).toEqual(["'+1", "'-1", "'=cmd", "'@x", "plain"]);
});

test("B170 a cluster's name ends no file's name", async () => {
  const { headers } = await send(server, `GET /clusters/${id}/export`, undefined);
  expect(headers.get("content-disposition")).toBe(
    `attachment; filename="a__ filename_x-export.json"; filename*=UTF-8''a%22%3B%20filename%3Dx-export.json`,
  );
});
