import { beforeAll, expect, test } from "bun:test";
import { type BadInput, type Family, MARK, send, testBadInput } from "../../test/bad-input.ts";
import { kubeconfigTo } from "../../test/kubeconfig-to.ts";
import { useServer } from "../../test/use-server.ts";

const server = useServer();
const kubeconfig = kubeconfigTo("https://127.0.0.1:1", { token: MARK });
const NOBODY = "00000000-0000-4000-8000-000000000000";
let id = "";

beforeAll(async () => {
  const made = await send(server, "mutation cluster.register", { name: "Taken Straße", kubeconfig });
  id = made.json.result.data.id;
  // Nothing of it moves by itself while the tables are compared.
  await server.database.sql`update clusters set labels = '{"team":"a"}'`;
});

/** Names that no cluster can have. */
const NO_NAMES = [
  "",
  "   ",
  "x".repeat(254),
  `${MARK}\u0007`,
  `a\nb`,
  "a\u202eb",
  "a\u200bb",
  "\u{1f680}\u{1f680}",
  "\ud800",
  ".",
  "/",
  "../",
  null,
  7,
  { a: MARK },
  [MARK],
];
const isOfAnotherType = (value: unknown) => value !== null && typeof value !== "string";
const rest = (body: object, status: number, code?: string): BadInput => [
  "POST /clusters",
  { name: "new", kubeconfig, ...body },
  status,
  code,
];
const register = (input: object, status: number, code?: string): BadInput => [
  "mutation cluster.register",
  { name: "new", kubeconfig, ...input },
  status,
  code,
];
const update = (input: object, status: number, code?: string): BadInput => [
  "mutation cluster.update",
  { cluster: ":id", ...input },
  status,
  code,
];
const many = (count: number) => Object.fromEntries([...Array(count).keys()].map((at) => [`key-${at}`, "x"]));
const NO_LABELS: unknown[] = [
  many(65),
  { "": "x" },
  { "/x": "x" },
  { "a/b/c": "x" },
  { "UPPER.example/x": "x" },
  { [`${"x".repeat(254)}/a`]: "x" },
  { ["x".repeat(64)]: "x" },
  { key: "x".repeat(64) },
  { key: `${MARK} ${MARK}` },
  { key: { a: MARK } },
  { key: 7 },
  [MARK],
  MARK,
];
const UNKNOWN_FIELDS = ["kubeConfig", "status", "id", "created_at", "createdAt", "source", "isFavorite", "slug"];

const family: Family = {
  "B82 a name that is empty, too long, of a wrong type or cannot be read": [
    ...NO_NAMES.map((name) => rest({ name }, 400, isOfAnotherType(name) ? "INPUT_INVALID" : "CLUSTER_NAME")),
    ...NO_NAMES.map((name) => register({ name }, 422, "CLUSTER_NAME")),
    ...NO_NAMES.filter((name) => name !== "" && name !== null).map(
      (name): BadInput => [
        "PUT /clusters/:id",
        { name },
        400,
        isOfAnotherType(name) ? "INPUT_INVALID" : "CLUSTER_NAME",
      ],
    ),
    ...NO_NAMES.map((name) => update({ name }, 422, "CLUSTER_NAME")),
  ],
  "B83 a name that is another's, in other letters or another form": [
    "TAKEN STRASSE",
    " taken straße ",
    "Taken Straße",
    "ＴAKEN straße",
  ].flatMap((name) => [rest({ name }, 409, "CLUSTER_NAME_TAKEN"), register({ name }, 409, "CLUSTER_NAME_TAKEN")]),
  "B85 labels that Kubernetes would not take": [
    ...NO_LABELS.flatMap((labels) => [register({ labels }, 422, "LABELS"), update({ labels }, 422, "LABELS")]),
    ...NO_LABELS.map((labels): BadInput => ["mutation cluster.label", { clusters: [":id"], labels }, 422, "LABELS"]),
    // On its way through JSON it is a key like any other.
    ["mutation cluster.update", `{"cluster":":id","labels":{"__proto__":"x"}}`, 422, "LABELS"],
    ["mutation cluster.label", `{"clusters":[":id"],"labels":{"__proto__":"x"}}`, 422, "LABELS"],
    update({ environment: MARK.repeat(20) }, 422, "LABELS"),
    update({ environment: `${MARK}<b>` }, 422, "LABELS"),
    ["mutation cluster.label", { clusters: [] }, 422, "INPUT_INVALID"],
    ["mutation cluster.label", { clusters: Array(1001).fill("x") }, 422, "INPUT_INVALID"],
    ["mutation cluster.label", { clusters: [":id", NOBODY], labels: { a: "b" } }, 404, "CLUSTER_NOT_FOUND"],
  ],
  "B86 a description that is too long, or that no database can keep": [
    "x".repeat(4097),
    `${MARK}\0`,
    7,
    [MARK],
    "\ud800",
  ].flatMap((description) => [
    rest({ description }, 400, "INPUT_INVALID"),
    register({ description }, 422, "INPUT_INVALID"),
    update({ description }, 422, "INPUT_INVALID"),
  ]),
  "B87 an interval that is none": [0, -1, 1e9, "5m", 1.5, "NaN", true, [60], 9, 86_401].flatMap(
    (interval): BadInput[] => {
      const isWhole = Number.isInteger(interval);
      return [
        ["PUT /clusters/:id", { health_check_interval: interval }, 400, isWhole ? "INTERVAL" : "INPUT_INVALID"],
        update({ healthCheckIntervalSeconds: interval }, 422, "INTERVAL"),
      ];
    },
  ),
  "B88 fields that are not for the caller to set": UNKNOWN_FIELDS.flatMap((field) => [
    register({ [field]: MARK }, 422, "INPUT_INVALID"),
    update({ [field]: MARK }, 422, "INPUT_INVALID"),
  ]),
  "B89 an id that is none, or nobody's": [
    ...["nope", NOBODY, "..%2f", "%00", "a%2Fb", "x".repeat(300), "%F0%9F%9A%80", "__proto__"].flatMap(
      (key): BadInput[] => {
        const [status, code] = key.length === 300 ? [400, "INPUT_INVALID"] : [404, "CLUSTER_NOT_FOUND"];
        return [
          [`GET /clusters/${key}`, undefined, status, code],
          [`PUT /clusters/${key}`, { name: "x" }, status, code],
          [`DELETE /clusters/${key}`, undefined, status, code],
          [`GET /clusters/${key}/health`, undefined, status, code],
          [`POST /clusters/${key}/sync`, undefined, status, code],
          [`POST /clusters/${key}/favorite`, undefined, status, code],
        ];
      },
    ),
    ...["nope", NOBODY, "../x", "\0", "__proto__"].flatMap((cluster): BadInput[] => [
      ["query cluster.get", { cluster }, 404, "CLUSTER_NOT_FOUND"],
      ["mutation cluster.update", { cluster, name: "x" }, 404, "CLUSTER_NOT_FOUND"],
      ["mutation cluster.remove", { cluster }, 404, "CLUSTER_NOT_FOUND"],
      ["mutation cluster.probe", { cluster }, 404, "CLUSTER_NOT_FOUND"],
      ["mutation cluster.resync", { cluster }, 404, "CLUSTER_NOT_FOUND"],
      ["mutation cluster.resyncAll", { clusters: [cluster] }, 404, "CLUSTER_NOT_FOUND"],
    ]),
    ...["", "x".repeat(254), 7, null, [":id"]].flatMap((cluster): BadInput[] => [
      ["query cluster.get", { cluster }, 422, "INPUT_INVALID"],
      ["mutation cluster.remove", { cluster }, 422, "INPUT_INVALID"],
    ]),
  ],
};

testBadInput(server, family, { fill: (text) => text.replaceAll(":id", id) });

test("B84 names that mean something elsewhere are names here", async () => {
  for (const name of ["../x", "a/b", "__proto__", "null", "constructor", "<script>x</script>", "a\u0301b"]) {
    const made = await send(server, "POST /clusters", { name, kubeconfig });
    expect([name, made.status, made.json.name]).toEqual([name, 201, name]);
    const [row] = await server.database.sql<{ slug: string }[]>`select slug from clusters where id = ${made.json.id}`;
    expect(row!.slug).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    const found = await send(server, `GET /clusters/${made.json.id}`, undefined);
    expect(found.json.name).toBe(name);
    expect((await send(server, `DELETE /clusters/${made.json.id}`, undefined)).status).toBe(200);
  }
});

test("B88 over REST fields that are not for the caller to set change nothing", async () => {
  const before = (await send(server, `GET /clusters/${id}`, undefined)).json;
  const body = Object.fromEntries(
    UNKNOWN_FIELDS.filter((field) => field !== "kubeConfig").map((field) => [field, MARK]),
  );
  expect((await send(server, `PUT /clusters/${id}`, body)).status).toBe(200);
  const after = (await send(server, `GET /clusters/${id}`, undefined)).json;
  expect({ ...after, updated_at: "" }).toEqual({ ...before, updated_at: "" });
});

test("B91 what is deleted already is not there", async () => {
  const { json } = await send(server, "POST /clusters", { name: "brief", kubeconfig });
  const removed = async () => (await send(server, `DELETE /clusters/${json.id}`, undefined)).status;
  expect([await removed(), await removed()]).toEqual([200, 404]);
});
