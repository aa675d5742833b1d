import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { MARK, send } from "../../test/bad-input.ts";
import { type HeldObject, ObjectCluster } from "../../test/object-cluster.ts";
import { useServer } from "../../test/use-server.ts";

const server = useServer();
let cluster: ObjectCluster;
let id = "";

const AT = "2026-01-02T03:04:05Z";
const ready = (more: object = {}) => ({
  type: "Ready",
  status: "True",
  reason: "ReconciliationSucceeded",
  message: "Fine",
  lastTransitionTime: AT,
  observedGeneration: 1,
  ...more,
});
const metadataOf = (name: string) => ({
  name,
  namespace: "apps",
  uid: `uid-${name}`,
  resourceVersion: "7",
  generation: 1,
  creationTimestamp: AT,
});
const SPEC = { interval: "10m", path: "./", sourceRef: { kind: "GitRepository", name: "app" } };
const held = (name: string, more: object): HeldObject => ({
  kind: "Kustomization",
  namespace: "apps",
  name,
  sent: {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: metadataOf(name),
    spec: SPEC,
    ...more,
  },
});
const status = (conditions: unknown, more: object = {}) => ({ status: { observedGeneration: 1, conditions, ...more } });

/** An object of a strange status, how REST v1 and our own word call it. */
type Row = [name: string, more: object, v1: string, word: string];
const STATUSES: Row[] = [
  // B212
  ["no-status", {}, "Unknown", "Unknown"],
  ["null-status", { status: null }, "Unknown", "Unknown"],
  ["text-status", { status: "True" }, "Unknown", "Unknown"],
  ["list-status", { status: [ready()] }, "Unknown", "Unknown"],
  // B213
  ["conditions-object", status({}), "Unknown", "Unknown"],
  ["conditions-null", status([null]), "Unknown", "Unknown"],
  ["conditions-number", status([{ type: 1, status: "True" }]), "Unknown", "Unknown"],
  ["conditions-text", status("True"), "Unknown", "Unknown"],
  ["status-boolean", status([ready({ status: true })]), "Unknown", "Unknown"],
  ["status-maybe", status([ready({ status: "Maybe" })]), "Unknown", "Progressing"],
  ["status-lower", status([ready({ status: "true" })]), "Unknown", "Progressing"],
  ["type-lower", status([ready({ type: "ready" })]), "Unknown", "Progressing"],
  ["two-ready", status([ready({ status: "False", reason: "BuildFailed" }), ready()]), "NotReady", "Failed"],
  // B215
  ...["", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "soon", 7, null, {}].map(
    (time, at): Row => [`time-${at}`, status([ready({ lastTransitionTime: time })]), "Ready", "Ready"],
  ),
  [
    "created-never",
    { metadata: { ...metadataOf("created-never"), creationTimestamp: null }, ...status([ready()]) },
    "Ready",
    "Ready",
  ],
  [
    "created-9999",
    { metadata: { ...metadataOf("created-9999"), creationTimestamp: "9999-12-31T23:59:59Z" }, ...status([ready()]) },
    "Ready",
    "Ready",
  ],
  // B218
  [
    "numbers",
    { spec: { ...SPEC, retries: 2 ** 60, ratio: 1e308, none: "NaN" }, ...status([ready()]) },
    "Ready",
    "Ready",
  ],
  // B221
  [
    "version-text",
    { metadata: { ...metadataOf("version-text"), resourceVersion: "abc-1" }, ...status([ready()]) },
    "Ready",
    "Ready",
  ],
  // B224
  ["cycle-a", { spec: { ...SPEC, dependsOn: [{ name: "cycle-b" }] }, ...status([ready()]) }, "Ready", "Ready"],
  [
    "cycle-b",
    { spec: { ...SPEC, dependsOn: [{ name: "cycle-a" }, { name: "cycle-b" }] }, ...status([ready()]) },
    "Ready",
    "Ready",
  ],
  [
    "nowhere",
    {
      spec: { ...SPEC, sourceRef: { kind: "GitRepository", name: "x", namespace: "none" }, dependsOn: [null, 7, {}] },
      ...status([ready()]),
    },
    "Ready",
    "Ready",
  ],
  // B223
  [
    "owner-of-itself",
    {
      metadata: {
        ...metadataOf("owner-of-itself"),
        ownerReferences: [{ uid: "uid-owner-of-itself", kind: "Kustomization", name: "x" }, null, 7],
      },
      ...status([ready()]),
    },
    "Ready",
    "Ready",
  ],
];
const INVENTORY = [
  "x",
  "_",
  "a_b",
  "_____",
  "apps_a__b_apps_Deployment",
  "ä_ö_ü_ß",
  "apps_web_apps_Deployment",
  7,
  null,
  { id: 7 },
];
const MESSAGES: [name: string, message: unknown, shown: RegExp][] = [
  ["message-long", "x".repeat(1024 * 1024), /^x{1000,8192}…?$/],
  ["message-html", `<img src=x onerror=alert(1)>`, /^<img src=x onerror=alert\(1\)>$/],
  ["message-nul", `a\0b`, /^a\ufffdb$/],
  ["message-half", "a\ud800b", /^a\ufffdb$/],
  [
    "message-url",
    `cannot clone https://user:${MARK}@example.com/x`,
    /^cannot clone https:\/\/⟦masked⟧@example\.com\/x$/,
  ],
  ["message-number", 7, /^7?$/],
];
/** B214: what is no object at all. */
const NO_OBJECTS: unknown[] = [
  null,
  7,
  "x",
  [],
  {},
  { ...(held("x", {}).sent as object), metadata: null },
  { ...(held("x", {}).sent as object), metadata: { ...metadataOf("x"), name: "" } },
  { ...(held("x", {}).sent as object), metadata: { ...metadataOf("x"), name: "a/b" } },
  { ...(held("x", {}).sent as object), metadata: { ...metadataOf("x"), uid: undefined } },
  { ...(held("x", {}).sent as object), metadata: { ...metadataOf("x"), resourceVersion: 7 } },
  { ...(held("other-kind", {}).sent as object), kind: "Secret" },
];
const SECRETS: HeldObject[] = [
  {
    kind: "HelmRelease",
    namespace: "apps",
    name: "values",
    sent: {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: {
        ...metadataOf("values"),
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": `{"kind":"Other","spec":{"values":{"a":"${MARK}"}}}`,
        },
      },
      spec: { interval: "10m", values: { deep: [{ password: MARK }] } },
      ...status([ready()]),
    },
  },
  {
    kind: "Provider",
    namespace: "apps",
    name: "chat",
    sent: {
      apiVersion: "notification.toolkit.fluxcd.io/v1beta3",
      kind: "Provider",
      metadata: metadataOf("chat"),
      spec: { type: "slack", address: `https://hooks.example.com/${MARK}` },
    },
  },
  held("substituted", { spec: { ...SPEC, postBuild: { substitute: { token: MARK } } }, ...status([ready()]) }),
  {
    kind: "Secret",
    namespace: "apps",
    name: "secret",
    sent: {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        ...metadataOf("secret"),
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": `{"data":"${MARK}"}` },
      },
      data: { password: Buffer.from(MARK).toString("base64") },
      stringData: { password: MARK },
      binaryData: { password: MARK },
    },
  },
];

const GOOD = held("good", status([ready()]));
beforeAll(async () => {
  cluster = await ObjectCluster.start();
  cluster.objects = [
    GOOD,
    // B225
    GOOD,
    ...STATUSES.map(([name, more]) => held(name, more)),
    held(
      "inventory",
      status([ready()], {
        inventory: { entries: INVENTORY.map((entry) => (typeof entry === "object" ? entry : { id: entry, v: "v1" })) },
      }),
    ),
    ...MESSAGES.map(([name, message]) =>
      held(name, status([ready({ status: "False", reason: "BuildFailed", message })])),
    ),
    ...NO_OBJECTS.map((sent, at) => ({ kind: "Kustomization", namespace: "apps", name: `no-object-${at}`, sent })),
    ...SECRETS,
  ];
  cluster.lists.set("GitRepository", { kind: "GitRepositoryList", metadata: { resourceVersion: "1" }, items: {} });
  id = (await send(server, "POST /clusters", { name: "one", kubeconfig: cluster.kubeconfig("a-token") })).json.id;
  await until(
    "what can be read is stored",
    async () => (await listed()).has("good") && (await listed("HelmRelease")).size > 0,
  );
}, 60_000);
afterAll(() => cluster.stop());

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came.
async function listed(kind = "Kustomization"): Promise<Map<string, any>> {
  const { json } = await send(server, `GET /clusters/${id}/resources?kind=${kind}`, undefined);
  return new Map(json.map((row: { name: string }) => [row.name, row]));
}
// biome-ignore lint/suspicious/noExplicitAny: an answer as it came.
async function words(): Promise<Map<string, any>> {
  const { json } = await send(server, "query resource.list", { kind: ["Kustomization"], limit: 200 });
  return new Map(json.result.data.rows.map((row: { name: string }) => [row.name, row]));
}

test("B212, B213, B215, B218, B221 a strange status is unknown, and never green by accident", async () => {
  const [v1, own] = [await listed(), await words()];
  expect(STATUSES.map(([name]) => [name, v1.get(name)?.status, own.get(name)?.word])).toEqual(
    STATUSES.map(([name, , status, word]) => [name, status, word]),
  );
  for (const row of v1.values()) {
    for (const time of ["created_at", "updated_at"]) expect(Date.parse(row[time])).not.toBeNaN();
    expect(row.last_reconcile === null || !Number.isNaN(Date.parse(row.last_reconcile))).toBe(true);
  }
});

test("B214, B225 what is no object is left out, said, and nobody else's fault; what comes twice is one", async () => {
  const names = [...(await listed()).keys()];
  expect(names.filter((name) => name === "good")).toHaveLength(1);
  expect(names.sort()).toEqual(
    [...STATUSES.map(([name]) => name), ...MESSAGES.map(([name]) => name), "good", "inventory", "substituted"].sort(),
  );
  const left = server.logged.split("\n").filter((line) => line.includes("left out until they change"));
  expect(left.length).toBeGreaterThan(0);
});

test("B216 messages are text, cut, and kept without what no database keeps", async () => {
  const rows = await words();
  for (const [name, , shown] of MESSAGES)
    expect([name, rows.get(name)?.message]).toEqual([name, expect.stringMatching(shown)]);
});

test("B217 an inventory that cannot be read is shown as it is, and leads to nothing wrong", async () => {
  const { status, json } = await send(
    server,
    `GET /clusters/${id}/flux/Kustomization/apps/inventory/resources`,
    undefined,
  );
  expect(status).toBe(200);
  const readable = json.resources.filter((child: { Kind?: string }) => child.Kind !== undefined);
  expect(
    readable.map(({ Namespace, Name, Kind }: Record<string, string>) => `${Namespace}/${Kind}/${Name}`).sort(),
  ).toEqual(["apps/Deployment/a:b", "apps/Deployment/web", "ä/ß/ö"]);
});

test("B219 a list that is none says so of its kind, and the others are read", async () => {
  const kinds = await until("its kind is said to have failed", async () => {
    const { json } = await send(server, "query cluster.get", { cluster: id });
    const found = json.result.data.kinds as { kind: string; state: string }[];
    return (
      found.some(({ kind, state }) => kind === "GitRepository" && state === "failed") &&
      !found.some(({ state }) => state === "syncing") &&
      found
    );
  });
  expect(kinds.find(({ kind }) => kind === "Kustomization")?.state).toBe("watched");
});

test("B223, B224 cycles and what leads nowhere are shown as any other", async () => {
  for (const name of ["cycle-a", "cycle-b", "nowhere", "owner-of-itself", "inventory"]) {
    const ref = { cluster: id, kind: "Kustomization", namespace: "apps", name };
    for (const procedure of ["resource.get", "resource.waitsFor", "resource.usedBy", "tree.object"]) {
      const sent = await send(server, `query ${procedure}`, ref);
      expect([procedure, name, sent.status]).toEqual([procedure, name, 200]);
    }
  }
  const tree = await send(server, `GET /clusters/${id}/resources/tree`, undefined);
  expect(tree.status).toBe(200);
});

describe("B222, B226 secrets of clusters are masked", () => {
  test.each(SECRETS.map(({ kind, name }) => [kind, name] as const))(
    "of the %s %s, through every door",
    async (kind, name) => {
      const place = `${kind}/apps/${name}`;
      const ref = { cluster: id, kind, namespace: "apps", name };
      const answers = await Promise.all([
        send(server, `GET /clusters/${id}/resources?kind=${kind}`, undefined),
        send(server, `GET /resources/${id}/${place}`, undefined),
        send(server, `GET /clusters/${id}/flux/${place}`, undefined),
        send(server, `GET /clusters/${id}/resources/${place}/manifest`, undefined),
        send(server, `GET /clusters/${id}/resources/${place}/diff`, undefined),
        send(server, `GET /clusters/${id}/export`, undefined),
        send(server, `GET /resources/export?kind=${kind}`, undefined),
        send(server, "query resource.get", ref),
        send(server, "query resource.yaml", ref),
        send(server, "query workload.manifest", ref),
        send(server, "query tree.diff", ref),
        send(server, "query resource.list", { kind: kind === "Secret" ? [] : [kind] }),
      ]);
      for (const { text } of answers) {
        expect(text).not.toContain(MARK);
        expect(text).not.toContain(Buffer.from(MARK).toString("base64"));
      }
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(3);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    },
  );

  test("in the database and the log too", async () => {
    const tables = await server.database.sql<{ name: string }[]>`
      select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`;
    for (const { name } of tables) {
      const found = await server.database.sql`
        select from ${server.database.sql(name)} t where t::text like ${`%${MARK}%`} limit 1`;
      expect([name, found.length]).toEqual([name, 0]);
    }
    expect(server.logged).not.toContain(MARK);
    expect(server.logged).not.toContain('"level":"error"');
  });
});
