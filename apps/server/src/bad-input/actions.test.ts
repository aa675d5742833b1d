import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { type BadInput, type Family, failureOf, MARK, send, testBadInput } from "../../test/bad-input.ts";
import { ObjectCluster, type Refusal } from "../../test/object-cluster.ts";
import { useServer } from "../../test/use-server.ts";

const server = useServer();
let cluster: ObjectCluster;
let other: ObjectCluster;
const ids = { id: "", other: "" };

const object = (apiVersion: string, kind: string, name: string, more: object = {}) => ({
  kind,
  namespace: "apps",
  name,
  sent: {
    apiVersion,
    kind,
    metadata: metadataOf(name),
    spec: {},
    ...more,
  },
});
const metadataOf = (name: string) => ({
  name,
  namespace: "apps",
  uid: `uid-${name}`,
  resourceVersion: "7",
  generation: 1,
});
const target = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" } };

beforeAll(async () => {
  [cluster, other] = [await ObjectCluster.start(), await ObjectCluster.start()];
  cluster.objects = [
    object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", { spec: { interval: "10m", path: "./" } }),
    object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "frozen", { spec: { suspend: true } }),
    object("source.toolkit.fluxcd.io/v1", "GitRepository", "app", {
      spec: { interval: "10m", url: "https://a.example" },
    }),
    object("apps/v1", "Deployment", "web", { spec: { replicas: 2 } }),
    object("apps/v1", "Deployment", "applied", {
      metadata: {
        ...metadataOf("applied"),
        labels: { "kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "apps" },
      },
      spec: { replicas: 2 },
    }),
    object("apps/v1", "Deployment", "scaled", { spec: { replicas: 2 } }),
    object("apps/v1", "DaemonSet", "agent"),
    object("autoscaling/v2", "HorizontalPodAutoscaler", "by-load", { spec: target }),
    object("v1", "Secret", "secret", { data: { password: Buffer.from(MARK).toString("base64") } }),
    object("v1", "ConfigMap", "config", { data: { a: "b" } }),
  ];
  other.objects = [object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "elsewhere")];
  const register = async (name: string, held: ObjectCluster) =>
    (await send(server, "POST /clusters", { name, kubeconfig: held.kubeconfig(MARK) })).json.id;
  ids.id = await register("one", cluster);
  ids.other = await register("two", other);
  await until("both are watched", async () => {
    const [row] = await server.database.sql<{ live: number }[]>`
      select count(*)::int as live from clusters where stream = 'live' and status = 'healthy'
        and not exists (select from cluster_kinds k where k.cluster_id = id and k.state = 'syncing')`;
    return row!.live === 2;
  });
}, 60_000);
afterAll(() => Promise.all([cluster.stop(), other.stop()]));

const fill = (text: string) => text.replaceAll(":id", ids.id).replaceAll(":other", ids.other);
const ACTIONS = ["reconcile", "suspend", "resume"] as const;
const APP = { cluster: ":id", kind: "Kustomization", namespace: "apps", name: "app" };
const WEB = { cluster: ":id", kind: "Deployment", namespace: "apps", name: "web" };

/** Through every door that acts on a Flux object. */
const fluxDoors = (
  ref: Partial<typeof APP>,
  [v1, status, code]: [v1: number, status: number, code: string],
): BadInput[] => {
  const { kind, namespace, name, cluster: id } = { ...APP, ...ref };
  const path = `/clusters/${id}/flux/${encode(kind)}/${encode(namespace)}/${encode(name)}` as const;
  const inPath = kind !== "" && namespace !== "" && name !== "";
  return [
    ...ACTIONS.flatMap((action): BadInput[] => [
      ...(inPath ? [[`POST ${path}/${action}`, undefined, v1, code] satisfies BadInput] : []),
      [`mutation resource.${action}`, { ...APP, ...ref }, status, code],
    ]),
    ["POST /resources/reconcile", { cluster_id: id, kind, namespace, name }, v1, code],
    ["mutation resource.update", { ...APP, ...ref, spec: { suspend: true } }, status, code],
    ...(inPath ? [[`PUT ${path}`, { spec: { suspend: true } }, v1, code] satisfies BadInput] : []),
  ];
};
/** Through every door that acts on an object of any kind. */
const anyDoors = (
  ref: Partial<typeof WEB>,
  [v1, status, code]: [v1: number, status: number, code: string],
): BadInput[] => {
  const { kind, namespace, name, cluster: id } = { ...WEB, ...ref };
  const path = `/clusters/${id}/resources/${encode(kind)}/${encode(namespace)}/${encode(name)}` as const;
  const inPath = kind !== "" && namespace !== "" && name !== "";
  const rest: BadInput[] = [
    [`POST ${path}/scale`, { replicas: 1 }, v1, code],
    [`POST ${path}/restart`, undefined, v1, code],
    [`PUT ${path}/spec`, { spec: { a: 1 } }, v1, code],
    [`GET ${path}/manifest`, undefined, v1, code],
  ];
  return [
    ...(inPath ? rest : []),
    ["mutation workload.scale", { ...WEB, ...ref, replicas: 1 }, status, code],
    ["mutation workload.restart", { ...WEB, ...ref }, status, code],
    ["mutation workload.update", { ...WEB, ...ref, spec: { a: 1 } }, status, code],
    ["query workload.manifest", { ...WEB, ...ref }, status, code],
  ];
};
const encode = (part: string) => (part.startsWith(":") ? part : encodeURIComponent(part));

const NO_KINDS = [
  "kustomization",
  "*",
  "__proto__",
  "constructor",
  "Kustomization/x",
  `${"K".repeat(64)}`,
  "Küstomization",
];
const NO_NAMES = [
  "../x",
  "a%2Fb",
  "..%2f..%2fsecrets",
  "a/b",
  "A",
  "a_b",
  "x".repeat(254),
  "web.",
  "-web",
  "\0",
  "wéb",
  "web\n",
];
const NO_REPLICAS = [-1, 1.5, 1e6, "3", null, 2 ** 53, [1], { replicas: 1 }, true, undefined];
const scale = (replicas: unknown): BadInput[] => [
  ["POST /clusters/:id/resources/Deployment/apps/web/scale", { replicas }, 400, "REPLICAS"],
  ["mutation workload.scale", { ...WEB, replicas }, 422, "REPLICAS"],
];
const edits = (spec: unknown, [v1, status, code]: [v1: number, status: number, code: string]): BadInput[] => [
  ["PUT /clusters/:id/flux/Kustomization/apps/app", { spec }, v1, code],
  ["PUT /clusters/:id/resources/Deployment/apps/web/spec", { spec }, v1, code],
  ["mutation resource.update", { ...APP, spec }, status, code],
  ["mutation workload.update", { ...WEB, spec }, status, code],
];
const codeOf = (field: string) => (field === "kind" ? "KIND_NOT_SUPPORTED" : "INPUT_INVALID");
/** Through both doors that edit this kind; REST v1 answers 400 for 422. */
const fluxEdits = (kind: string, spec: object, code: string): BadInput[] => [
  [`PUT /clusters/:id/flux/${kind}/apps/app`, { spec }, 422, code],
  [`PUT /clusters/:id/resources/${kind}/apps/app/spec`, { spec }, 422, code],
  ["mutation resource.update", { ...APP, kind, spec }, 422, code],
  ["mutation workload.update", { ...APP, kind, spec }, 422, code],
];
const nested = (levels: number): unknown => (levels === 0 ? MARK : { a: nested(levels - 1) });
const bulk = (input: object, status: number, code: string): BadInput[] => [
  ["POST /bulk", { action: "suspend", ...input }, status === 422 ? 400 : status, code],
  ["mutation bulk.suspend", input, status, code],
];

describe("what is refused before the cluster is asked", () => {
  const family: Family = {
    "B131 a kind that Flux, or no cluster, has": [
      ...[...NO_KINDS, "Secret", "Node", ""].flatMap((kind) => fluxDoors({ kind }, [400, 422, "KIND_NOT_SUPPORTED"])),
      ...NO_KINDS.flatMap((kind) => anyDoors({ kind }, [400, 422, "KIND_NOT_SUPPORTED"])),
    ],
    "B132 a name or a namespace that no object can have": NO_NAMES.flatMap((name) => [
      ...fluxDoors({ name }, [400, 422, "NAME"]),
      ...fluxDoors({ namespace: name }, [400, 422, "NAME"]),
      ...anyDoors({ name }, [400, 422, "NAME"]),
      ...anyDoors({ namespace: name }, [400, 422, "NAME"]),
    ]),
    "B135 a path that cannot be read": ["%E0%A4%A", "%", "%zz", "%c0%ae%c0%ae"].flatMap((part): BadInput[] => [
      [`POST /clusters/:id/flux/Kustomization/apps/${part}/suspend`, undefined, 400, "NAME"],
      [`POST /clusters/:id/flux/Kustomization/${part}/app/suspend`, undefined, 400, "NAME"],
      [`DELETE /clusters/:id/pods/apps/${part}`, undefined, 400, "NAME"],
    ]),
    "B136 replicas that are no number of pods": NO_REPLICAS.flatMap(scale),
    "B142 an edit with keys that are none, too deep, too large or of no object": [
      ...[null, undefined, 7, "x", [1], true].flatMap((spec) => edits(spec, [400, 422, "INPUT_INVALID"])),
      ...edits({ constructor: 1 }, [400, 422, "INPUT_INVALID"]),
      ...edits({ prototype: MARK }, [400, 422, "INPUT_INVALID"]),
      ...edits(nested(33), [400, 422, "INPUT_INVALID"]),
      ...edits(Object.fromEntries([...Array(10_001).keys()].map((at) => [`k${at}`, 1])), [400, 422, "INPUT_INVALID"]),
      ...edits("x".repeat(1024 * 1024), [413, 413, "BODY_TOO_LARGE"]),
      [
        "mutation resource.update",
        `{"cluster":":id","kind":"Kustomization","namespace":"apps","name":"app","spec":{"__proto__":{"a":1}}}`,
        422,
        "INPUT_INVALID",
      ],
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `{"spec":{"__proto__":{"a":1}}}`, 400, "INPUT_INVALID"],
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `{"spec":{"a":{"b":[{"__proto__":1}]}}}`, 400, "INPUT_INVALID"],
    ],
    "B139 an edit of what is no spec": [
      ...[
        "metadata",
        "status",
        "kind",
        "apiVersion",
        "group/x",
        "ownerReferences",
        "finalizers",
        "uid",
        "labels",
      ].flatMap((field): BadInput[] => [
        ["mutation resource.update", { ...APP, spec: { path: "x" }, [field]: { a: MARK } }, 422, codeOf(field)],
        ["mutation workload.update", { ...WEB, spec: { paused: true }, [field]: [MARK] }, 422, codeOf(field)],
      ]),
      ["PUT /clusters/:id/flux/Kustomization/apps/app", { metadata: { finalizers: [] } }, 400, "INPUT_INVALID"],
      ["PUT /clusters/:id/resources/Deployment/apps/web/spec", { status: {} }, 400, "INPUT_INVALID"],
    ],
    "B188 an edit that says one thing twice": [
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `{"spec":{"path":"a","path":"${MARK}"}}`, 400, "INPUT_INVALID"],
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `{"spec":{},"Spec":{"path":"${MARK}"}}`, 400, "INPUT_INVALID"],
      [
        "mutation resource.update",
        `{"cluster":":id","kind":"Kustomization","namespace":"apps","name":"app","name":"b","spec":{}}`,
        422,
        "INPUT_INVALID",
      ],
    ],
    "B145 an edit that is YAML": [
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `spec: &a\n  x: *a\n`, 400, "BODY_SYNTAX"],
      ["PUT /clusters/:id/flux/Kustomization/apps/app", `spec: {}\n---\nspec: {}\n`, 400, "BODY_SYNTAX"],
      ["mutation resource.update", `spec: ${MARK}\n`, 400, "BODY_SYNTAX"],
    ],
    "B152 a bulk action of too many, of none, or of what is none": [
      ...bulk({}, 422, "INPUT_INVALID"),
      ...bulk({ objects: [] }, 422, "INPUT_INVALID"),
      ...bulk({ objects: MARK }, 422, "INPUT_INVALID"),
      ...bulk({ filter: { text: "x" } }, 422, "INPUT_INVALID"),
      ...bulk({ filter: { text: "x" }, token: `${MARK} ` }, 422, "INPUT_INVALID"),
      ["mutation bulk.suspend", { objects: Array(2001).fill(APP) }, 422, "INPUT_INVALID"],
      ["mutation bulk.suspend", { objects: [{ ...APP, kind: MARK }] }, 422, "INPUT_INVALID"],
      ["mutation bulk.preview", { action: "delete", objects: [APP] }, 422, "INPUT_INVALID"],
      ["mutation bulk.preview", { action: "suspend", filter: { kind: [MARK] } }, 422, "INPUT_INVALID"],
      ["POST /bulk", { action: MARK, objects: [APP] }, 400, "INPUT_INVALID"],
    ],
    "B156 an action by another method": [
      ...ACTIONS.flatMap((action): BadInput[] => [
        [`GET /clusters/:id/flux/Kustomization/apps/app/${action}`, undefined, 405, "METHOD_NOT_ALLOWED"],
        [`PUT /clusters/:id/flux/Kustomization/apps/app/${action}`, {}, 405, "METHOD_NOT_ALLOWED"],
        [`query resource.${action}`, APP, 405, "METHOD_NOT_ALLOWED"],
      ]),
      ["GET /clusters/:id/sync", undefined, 405, "METHOD_NOT_ALLOWED"],
      ["GET /clusters/:id/resources/Deployment/apps/web/scale", undefined, 405, "METHOD_NOT_ALLOWED"],
      ["query workload.scale", { ...WEB, replicas: 0 }, 405, "METHOD_NOT_ALLOWED"],
      ["mutation resource.list", {}, 405, "METHOD_NOT_ALLOWED"],
    ],
  };
  const acted = () => cluster.acted.length + other.acted.length;
  let before = 0;
  test("nothing was asked yet", () => {
    before = acted();
  });
  testBadInput(server, family, { fill, after: () => expect(acted()).toBe(before) });
});

describe("what only the cluster can refuse", () => {
  const family: Family = {
    "B133 an object that is not there": [
      ...fluxDoors({ name: "missing" }, [404, 404, "OBJECT_NOT_FOUND"]),
      ...fluxDoors({ namespace: "missing" }, [404, 404, "OBJECT_NOT_FOUND"]),
      ...anyDoors({ name: "missing" }, [404, 404, "OBJECT_NOT_FOUND"]),
      ["DELETE /clusters/:id/pods/apps/missing", undefined, 404, "OBJECT_NOT_FOUND"],
      ["mutation workload.removePod", { cluster: ":id", namespace: "apps", name: "missing" }, 404, "OBJECT_NOT_FOUND"],
    ],
    "B131 a kind that this cluster does not have": [
      ...fluxDoors({ kind: "Bucket" }, [404, 404, "KIND_NOT_SERVED"]),
      ...anyDoors({ kind: "Gizmo" }, [400, 422, "KIND_NOT_SUPPORTED"]),
    ],
    "B134 an object of another cluster": [
      ...fluxDoors({ name: "elsewhere" }, [404, 404, "OBJECT_NOT_FOUND"]),
      ...fluxDoors({ cluster: ":other" }, [404, 404, "OBJECT_NOT_FOUND"]),
      ...fluxDoors({ cluster: "nope" }, [404, 404, "CLUSTER_NOT_FOUND"]),
      ...anyDoors({ cluster: ":other" }, [404, 404, "OBJECT_NOT_FOUND"]),
    ],
    "B137 scaling what has no replicas, or what another decides": [
      ["POST /clusters/:id/resources/DaemonSet/apps/agent/scale", { replicas: 1 }, 400, "NOT_SCALABLE"],
      ["mutation workload.scale", { ...WEB, kind: "DaemonSet", name: "agent", replicas: 1 }, 422, "NOT_SCALABLE"],
      ["POST /clusters/:id/resources/Deployment/apps/scaled/scale", { replicas: 1 }, 409, "HPA_OWNS"],
      ["mutation workload.scale", { ...WEB, name: "scaled", replicas: 1 }, 409, "HPA_OWNS"],
    ],
    "B144 an edit of a version that is gone": [
      ["PUT /clusters/:id/flux/Kustomization/apps/app", { spec: { path: "x" }, resourceVersion: "6" }, 409, "CONFLICT"],
      ["mutation resource.update", { ...APP, spec: { path: "x" }, resourceVersion: "6" }, 409, "CONFLICT"],
      ["mutation workload.update", { ...WEB, spec: { paused: true }, resourceVersion: "6" }, 409, "CONFLICT"],
    ],
    "B146 an edit of what is never edited": ["Secret", "ConfigMap"].flatMap((kind): BadInput[] => {
      const name = kind === "Secret" ? "secret" : "config";
      return [
        [`PUT /clusters/:id/resources/${kind}/apps/${name}/spec`, { spec: { a: MARK } }, 400, "KIND_NOT_SUPPORTED"],
        ["mutation workload.update", { ...WEB, kind, name, spec: { a: MARK } }, 422, "KIND_NOT_SUPPORTED"],
      ];
    }),
    "B147 an interval that no controller can work with": [
      "0s",
      "-1m",
      "1",
      "10 minutes",
      "99999999h",
      MARK,
      600,
    ].flatMap((interval) => [
      ...fluxEdits("Kustomization", { interval }, "DURATION"),
      ...fluxEdits("GitRepository", { timeout: "99999999h" }, "DURATION"),
    ]),
    "B148 a source that is read from where nothing is": [
      "file:///etc/passwd",
      "ssh://-oProxyCommand=x/y",
      `https://user:${MARK}@example.com/x`,
      `https://${MARK}@example.com/x`,
      MARK,
    ].flatMap((url) => fluxEdits("GitRepository", { url }, "SOURCE_URL")),
    "B131 restarting what has no pods": [
      ["POST /clusters/:id/resources/ConfigMap/apps/config/restart", undefined, 400, "KIND_NOT_SUPPORTED"],
      ["mutation workload.restart", { ...WEB, kind: "Secret", name: "secret" }, 422, "KIND_NOT_SUPPORTED"],
    ],
    "decisions: reconciling what is suspended": [
      ["POST /clusters/:id/flux/Kustomization/apps/frozen/reconcile", undefined, 409, "SUSPENDED"],
      ["mutation resource.reconcile", { ...APP, name: "frozen" }, 409, "SUSPENDED"],
    ],
  } as Family;
  const patches = () => cluster.acted.filter(({ method }) => method === "PATCH").length;
  testBadInput(server, family, { fill, after: () => expect(patches()).toBe(0) });
});

describe("B155 what the cluster says in its own words", () => {
  const said = (code: number, reason: string, more: object = {}): Refusal => ({
    status: code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", message: `${MARK} denied`, reason, code, ...more },
  });
  const rows: [said: Refusal, v1: number, status: number, code: string, retryAfter: string | null][] = [
    [said(401, "Unauthorized"), 502, 502, "CLUSTER_AUTH", null],
    [said(403, "Forbidden"), 403, 403, "CLUSTER_FORBIDDEN", null],
    [said(404, "NotFound"), 404, 404, "OBJECT_NOT_FOUND", null],
    [said(409, "Conflict"), 409, 409, "CONFLICT", null],
    [
      said(422, "Invalid", {
        details: { causes: [{ field: "spec.path", reason: "FieldValueInvalid", message: MARK }] },
      }),
      422,
      422,
      "CLUSTER_REJECTED",
      null,
    ],
    [said(400, "BadRequest"), 422, 422, "CLUSTER_REJECTED", null],
    [{ ...said(429, "TooManyRequests"), headers: { "retry-after": "7" } }, 503, 503, "CLUSTER_THROTTLED", "7"],
    [said(500, "InternalError"), 502, 502, "CLUSTER_ERROR", "10"],
    [{ status: 503, body: `<html>${MARK}</html>` }, 502, 502, "CLUSTER_ERROR", "10"],
    [{ status: 302, body: "", headers: { location: `https://${MARK}.example/` } }, 502, 502, "CLUSTER_REDIRECT", null],
  ];
  test.each(rows)("%j", async (refusal, v1, status, code, retryAfter) => {
    cluster.refuse = ({ method }) => (method === "PATCH" ? refusal : undefined);
    try {
      for (const [ask, input, wanted] of [
        ["POST /clusters/:id/flux/Kustomization/apps/app/suspend", undefined, v1],
        ["mutation resource.suspend", APP, status],
        ["PUT /clusters/:id/flux/Kustomization/apps/app", { spec: { path: "x" }, resourceVersion: "7" }, v1],
        ["mutation workload.scale", { ...WEB, replicas: 1 }, status],
      ] as const) {
        const sent = await send(server, fill(ask) as typeof ask, input && JSON.parse(fill(JSON.stringify(input))));
        expect([ask, sent.status, failureOf(sent).code]).toEqual([ask, wanted, code]);
        expect(failureOf(sent).hint).toBeString();
        expect(sent.headers.get("retry-after")).toBe(retryAfter);
        expect(sent.text).not.toMatch(new RegExp(`${MARK}|denied|html`));
      }
    } finally {
      cluster.refuse = () => undefined;
    }
  });
  test("is in no record and no line of the log", async () => {
    expect(await server.database.sql`select * from audit_events a where a::text like ${`%${MARK}%`}`).toHaveLength(0);
    expect(server.logged).not.toContain(MARK);
  });
});

test("B138 what Flux applies can be scaled and restarted, and whoever scales it is warned", async () => {
  const path = `/clusters/${ids.id}/resources/Deployment/apps/applied` as const;
  const ref = { ...WEB, cluster: ids.id, name: "applied" };
  const scaled = await send(server, `POST ${path}/scale`, { replicas: 3 });
  expect([scaled.status, scaled.json.warning]).toEqual([
    200,
    "Kustomization apps/app applies this object and may put it back",
  ]);
  // Flux leaves the annotation of a restart where it is.
  const restarted = await send(server, `POST ${path}/restart`, undefined);
  expect([restarted.status, restarted.json]).toEqual([200, { message: "Resource restarted" }]);
  for (const [how, input] of [
    ["mutation workload.scale", { ...ref, replicas: 3 }],
    ["mutation workload.restart", ref],
  ] as const) {
    const { status, json } = await send(server, how, input);
    const by = { kind: "Kustomization", namespace: "apps", name: "app" };
    expect([how, status, json.result?.data.appliedBy]).toEqual([how, 200, by]);
  }
});

test("B139 over REST, what stands beside the spec of an edit is not written", async () => {
  const body = { spec: { path: "./x" }, metadata: { finalizers: [], name: "y" }, status: { a: 1 }, kind: "Secret" };
  expect((await send(server, `PUT /clusters/${ids.id}/flux/Kustomization/apps/app`, body)).status).toBe(200);
  const written = cluster.acted.filter(({ method }) => method === "PATCH").at(-1)!;
  expect(JSON.parse(written.body)).toEqual([{ op: "add", path: "/spec/path", value: "./x" }]);
});

test("B150 suspending what is suspended, and resuming what is not, is nothing and says so", async () => {
  const path = `/clusters/${ids.id}/flux/Kustomization/apps` as const;
  const before = cluster.acted.filter(({ method }) => method === "PATCH").length;
  expect((await send(server, `POST ${path}/frozen/suspend`, undefined)).status).toBe(200);
  expect((await send(server, `POST ${path}/app/resume`, undefined)).status).toBe(200);
  const activities = (await send(server, "GET /activities?limit=2", undefined)).json as { message: string }[];
  expect(activities.map(({ message }) => message)).toEqual(["Was not suspended", "Was suspended already"]);
  expect(cluster.acted.filter(({ method }) => method === "PATCH")).toHaveLength(before);
});
