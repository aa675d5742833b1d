import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Authorizer } from "@flux-orchestrator/api";
import { appendLog, type ResourceWrite, writeDocuments } from "@flux-orchestrator/db";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { expectShape, FAILURE, RESOURCE } from "./test-shapes.ts";

/** Without one, everything; an actor named `ns:<namespace>` sees that namespace, `nobody` may not even ask. */
const authorizer: Authorizer = {
  allows: async (actor) => actor.id !== "nobody",
  visible: async ({ id }) => (id.startsWith("ns:") ? { column: "namespace", in: [id.slice(3)] } : { all: [] }),
};
const rest = useRest({ authorizer });
const get = (path: string, headers?: Record<string, string>) => rest.call("GET", `/api/v1${path}`, undefined, headers);
const namesOf = (answer: { json: { name: string }[] }) => answer.json.map(({ name }) => name);

/** Stores objects as the fleet does, and tells the change feed. */
async function store(
  rows: Partial<ResourceWrite>[],
  documentOf = (row: ResourceWrite): object => ({ kind: row.kind }),
) {
  const full = rows.map((row) => resourceRow({ clusterId, ...row }));
  await rest.database.sql.begin(async (tx) => {
    const ids = await storeResources(tx, full);
    await writeDocuments(
      tx,
      full.map((row, index) => ({ resourceId: ids[index]!, document: JSON.stringify(documentOf(row)) })),
    );
    await appendLog(
      tx,
      full.map((row, index) => ({
        subject: "resource",
        op: "upsert",
        clusterId,
        resourceId: ids[index]!,
        kind: row.kind,
        namespace: row.namespace,
        name: row.name,
        oldWord: null,
        newWord: row.word,
      })),
    );
  });
}
let clusterId = "";
beforeAll(async () => {
  const kubeconfig = kubeconfigOf("https://127.0.0.1:1");
  clusterId = (await rest.call("POST", "/api/v1/clusters", { name: "one", kubeconfig })).json.id;
});
afterEach(async () => {
  expect(rest.errors).toEqual([]);
  await rest.database.sql`delete from flux_resources`;
});

const ready = (status: string, message: string) => ({ status: { conditions: [{ type: "Ready", status, message }] } });

describe("an object", () => {
  test("has the fields of the original, its id and its document", async () => {
    const document = {
      apiVersion: "v1",
      kind: "Kustomization",
      spec: { suspend: true, path: "./<a>&b" },
      ...ready("True", "Fine <now>"),
    };
    await store([{ readyTransitionAt: "2026-01-02T03:04:00.000Z", message: "another's" }], () => document);
    const answer = await get("/resources");
    expectShape(answer.json[0], RESOURCE);
    expect(answer.json).toEqual([
      {
        id: `${clusterId}/Kustomization/apps/podinfo`,
        cluster_id: clusterId,
        kind: "Kustomization",
        name: "podinfo",
        namespace: "apps",
        status: "Ready",
        message: "Fine <now>",
        last_reconcile: "2026-01-02T03:04:00Z",
        metadata: JSON.stringify(document),
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-02T03:04:05.678Z",
      },
    ]);
    expect(answer.text).toContain("Fine \\u003cnow\\u003e");
    expect(answer.text).not.toMatch(/[<>&]/);
  });

  test("is Ready, NotReady or Unknown by its own Ready condition, with that condition's message", async () => {
    const rows: [name: string, readyStatus: string | null, status: string][] = [
      ["a", "True", "Ready"],
      ["b", "False", "NotReady"],
      ["c", "Unknown", "NotReady"],
      ["d", null, "Unknown"],
    ];
    await store(
      rows.map(([name, readyStatus]) => ({ name, readyStatus, word: "Failed", message: "settled", suspended: true })),
      ({ readyStatus }) => (readyStatus === null ? {} : ready(readyStatus, `raw ${readyStatus}`)),
    );
    const seen = (await get("/resources")).json.map(({ name, status, message }: Record<string, string>) => [
      name,
      status,
      message,
    ]);
    expect(seen).toEqual([
      ["a", "Ready", "raw True"],
      ["b", "NotReady", "raw False"],
      ["c", "NotReady", "raw Unknown"],
      ["d", "Unknown", ""],
    ]);
  });

  test("was last reconciled at the newer of request and transition; null when neither is known", async () => {
    const transition = "2026-01-02T03:04:05.000Z";
    await store([
      { name: "a", lastHandledReconcileAt: "2026-05-01T00:00:00.5Z", readyTransitionAt: transition },
      { name: "b", lastHandledReconcileAt: "2025-05-01T00:00:00Z", readyTransitionAt: transition },
      { name: "c", lastHandledReconcileAt: "by hand", readyTransitionAt: null },
    ]);
    const times = (await get("/resources")).json.map((row: { last_reconcile: string }) => row.last_reconcile);
    expect(times).toEqual(["2026-05-01T00:00:00.5Z", "2026-01-02T03:04:05Z", null]);
  });

  test("§3.2 10 is found by its id, encoded or as it is", async () => {
    await store([{ name: "pod.info" }]);
    const [listed] = (await get("/resources")).json;
    for (const path of [encodeURIComponent(listed.id), listed.id]) {
      const answer = await get(`/resources/${path}`);
      expect([answer.status, answer.json]).toEqual([200, listed]);
    }
  });

  test("is 404 by an id that nothing has", async () => {
    await store([{}]);
    const ids = ["nope", "a/b/c/d", `${clusterId}/Kustomization/apps/other`, `${clusterId}/kustomization/apps/podinfo`];
    for (const id of [...ids, `${clusterId}/Kustomization/apps/podinfo/more`, `${clusterId}%2FKustomization`]) {
      const encoded = await get(`/resources/${id.includes("%") ? id : encodeURIComponent(id)}`);
      expect([id, encoded.status]).toEqual([id, 404]);
      expectShape(encoded.json, FAILURE);
    }
    expect((await get(`/resources/${clusterId}/Kustomization/apps/other`)).status).toBe(404);
  });
});

describe("a list", () => {
  const kinds = [
    "Kustomization",
    "HelmRelease",
    "GitRepository",
    "HelmRepository",
    "OCIRepository",
    "Bucket",
    "HelmChart",
  ];

  test("is [] where there is nothing, and for a cluster that is not known", async () => {
    for (const path of [
      "/resources",
      `/clusters/${clusterId}/resources`,
      "/clusters/nope/resources",
      "/resources?kind=Nope",
    ]) {
      const { status, text } = await get(path);
      expect([path, status, text]).toEqual([path, 200, "[]\n"]);
    }
  });

  test("§3.2 9, 12 is ordered by cluster, kind, namespace and name, byte by byte", async () => {
    await store([
      { kind: "Kustomization", namespace: "b", name: "a" },
      { kind: "Kustomization", namespace: "a", name: "b-1" },
      { kind: "Kustomization", namespace: "a", name: "b.0" },
      { kind: "Kustomization", namespace: "a-b", name: "a" },
      { kind: "HelmRelease", namespace: "z", name: "z" },
    ]);
    const ids = (await get("/resources")).json.map(({ id }: { id: string }) => id.slice(clusterId.length + 1));
    expect(ids).toEqual([
      "HelmRelease/z/z",
      "Kustomization/a/b-1",
      "Kustomization/a/b.0",
      "Kustomization/a-b/a",
      "Kustomization/b/a",
    ]);
    expect(namesOf(await get(`/clusters/${clusterId}/resources`))).toEqual(["z", "b-1", "b.0", "a", "a"]);
  });

  test("holds seven kinds by itself, and any other by name", async () => {
    await store([...kinds, "Alert", "Receiver"].map((kind) => ({ kind, name: kind.toLowerCase() })));
    expect(namesOf(await get("/resources")).sort()).toEqual(kinds.map((kind) => kind.toLowerCase()).sort());
    expect(namesOf(await get("/resources?kind="))).toHaveLength(7);
    expect(namesOf(await get("/resources?kind=Alert"))).toEqual(["alert"]);
    expect(namesOf(await get("/resources?kind=Alert&kind=Bucket&kind=Nope"))).toEqual(["alert", "bucket"]);
    expect(namesOf(await get(`/clusters/${clusterId}/resources?kind=Alert`))).toEqual(["alert"]);
    expect((await get("/resources?kind=alert")).json).toEqual([]);
  });

  test("refuses a kind that is no name", async () => {
    for (const kind of ["a;b", "union select", "../x", "%00", "A".repeat(100)]) {
      const { status, json } = await get(`/resources?kind=${kind}`);
      expect([kind, status, json.code]).toEqual([kind, 400, "KIND_NOT_SUPPORTED"]);
      expectShape(json, FAILURE);
    }
  });

  test("without a limit is the whole list, however long", async () => {
    const names = Array.from({ length: 650 }, (_, index) => `app-${String(index).padStart(4, "0")}`);
    await store(names.map((name) => ({ name })));
    const answer = await get("/resources");
    expect(namesOf(answer)).toEqual(names);
    expect(answer.text).toEndWith("]\n");
    expect(answer.headers.get("link")).toBeNull();
    for (const ignored of ["0", "-1", "all", ""])
      expect(namesOf(await get(`/resources?limit=${ignored}`))).toEqual(names);
  });

  test("with a limit is a page, and leads to the next until there is none", async () => {
    const names = Array.from({ length: 250 }, (_, index) => `app-${String(index).padStart(4, "0")}`);
    await store(names.map((name) => ({ name })));
    const seen: string[] = [];
    const sizes: number[] = [];
    let path: string | null = "/resources?limit=100&kind=Kustomization&kind=Alert";
    while (path !== null) {
      const answer = await get(path);
      sizes.push(answer.json.length);
      seen.push(...namesOf(answer));
      const link = /^<\/api\/v1(.+)>; rel="next"$/.exec(answer.headers.get("link") ?? "");
      expect(link === null).toBe(answer.headers.get("x-next-cursor") === null);
      path = link?.[1] ?? null;
    }
    expect([sizes, seen]).toEqual([[100, 100, 50], names]);
    expect(namesOf(await get("/resources?limit=5000"))).toEqual(names);
  });

  test("refuses a cursor that is none", async () => {
    for (const cursor of ["x", "", "W10", Buffer.from('["a","b","c"]').toString("base64url")]) {
      const { status, json } = await get(`/resources?limit=1&cursor=${cursor}`);
      expect([cursor, status, json.code]).toEqual([cursor, 400, "CURSOR"]);
    }
  });

  test("refuses a cursor of another list", async () => {
    await store(["a", "b", "c"].map((name) => ({ name })));
    const cursor = (await get("/resources?limit=1")).headers.get("x-next-cursor");
    expect(namesOf(await get(`/resources?limit=2&fields=name&cursor=${cursor}`))).toEqual(["b", "c"]);
    for (const other of [
      "/resources?kind=Kustomization&limit=1",
      "/resources?namespace=apps&limit=1",
      "/resources?sort=-key&limit=1",
      `/clusters/${clusterId}/resources?limit=1`,
    ]) {
      const { status, json } = await get(`${other}&cursor=${cursor}`);
      expect([other, status, json.code]).toEqual([other, 400, "CURSOR"]);
      expectShape(json, FAILURE);
    }
  });

  test("that breaks on the way is broken off, never taken for the whole", async () => {
    // Pages hold 200: this object cannot be read, and stands on the fourth.
    await store(Array.from({ length: 750 }, (_, index) => ({ name: `app-${String(index).padStart(4, "0")}` })));
    await rest.database.sql`
      update flux_objects o set document = 'not JSON' from flux_resources r where r.id = o.resource_id and r.name = 'app-0600'`;
    const response = await fetch(`${rest.url}/api/v1/resources`);
    expect(response.status).toBe(200);
    const ending = await response.text().then(
      () => "whole",
      () => "broken off",
    );
    expect(ending).toBe("broken off");
    expect(rest.errors.splice(0)).toHaveLength(1);
  });
});

// Beyond section 3.2, which knows `kind` alone.
describe("a list", () => {
  const otherCluster = "c1a57e12-0000-4000-8000-000000000000";
  const fillFleet = async () => {
    await rest.database.sql`
      insert into clusters (id, slug, name, name_key, environment, server, credential_kind)
      values (${otherCluster}, 'two', 'two', 'two', 'staging', 'https://127.0.0.1:1', 'token') on conflict do nothing`;
    await store([
      { name: "web", namespace: "apps", revision: "main@sha1:aaaa", labels: { tier: "web", team: "a" } },
      {
        name: "db",
        namespace: "data",
        word: "Failed",
        severity: 90,
        message: "no such chart",
        labels: { team: "b" },
      },
      {
        name: "jobs",
        namespace: "apps",
        kind: "HelmRelease",
        word: "Suspended",
        severity: 15,
        revision: "6.5.0",
        labels: {},
      },
      { name: "remote", namespace: "edge", clusterId: otherCluster, labels: { tier: "web" } },
    ]);
  };

  test("is narrowed by what is asked: values of one parameter are alternatives, parameters must all match", async () => {
    await fillFleet();
    const table: [query: string, names: string[]][] = [
      ["readiness=Failed", ["db"]],
      ["readiness=Failed&readiness=Suspended", ["db", "jobs"]],
      ["-readiness=Failed&-readiness=Suspended", ["remote", "web"]],
      ["namespace=apps", ["jobs", "web"]],
      ["namespace=apps&namespace=edge&kind=Kustomization", ["remote", "web"]],
      [`cluster_id=${otherCluster}`, ["remote"]],
      ["cluster_id=two", ["remote"]],
      ["cluster_id=nowhere", []],
      ["environment=staging", ["remote"]],
      ["label=tier=web", ["remote", "web"]],
      ["label=tier=web&label=team", ["web"]],
      ["label=!team", ["jobs", "remote"]],
      ["revision=main@sha1:aa", ["web"]],
      ["revision=6.5&revision=aaaa", ["jobs", "web"]],
      ["text=ps/we", ["web"]],
      ["text=SUCH chart", ["db"]],
      ["text=nothing is called so", []],
      ["namespace=apps&readiness=Failed", []],
      ["namespace=&readiness=&text=&label=&revision=&cluster_id=&sort=&fields=", ["db", "jobs", "remote", "web"]],
      ["colour=green&offset=3", ["db", "jobs", "remote", "web"]],
    ];
    for (const [query, names] of table)
      for (const limit of ["", "&limit=10"]) {
        const answer = await get(`/resources?${query}${limit}`);
        expect([query, answer.status, namesOf(answer).sort()]).toEqual([query, 200, names]);
      }
    expect(namesOf(await get(`/clusters/${clusterId}/resources?label=tier=web`))).toEqual(["web"]);
    expect(namesOf(await get(`/clusters/${clusterId}/resources?cluster_id=two`))).toEqual([]);
    expect(namesOf(await get("/resources?label=tier", { "x-actor": "ns:edge" }))).toEqual(["remote"]);
  });

  test("comes in the order that is asked for, whole or by pages; - turns it around", async () => {
    await fillFleet();
    const table: [sort: string, names: string[]][] = [
      ["name", ["jobs", "web", "db", "remote"]],
      ["-name", ["remote", "db", "web", "jobs"]],
      ["cluster", ["jobs", "web", "db", "remote"]],
      ["-cluster", ["remote", "db", "web", "jobs"]],
      ["severity", ["db", "jobs", "remote", "web"]],
    ];
    for (const [sort, names] of table) {
      expect([sort, namesOf(await get(`/resources?sort=${sort}`))]).toEqual([sort, names]);
      const first = await get(`/resources?sort=${sort}&limit=3`);
      const rest = await get(first.headers.get("link")!.slice("</api/v1".length).split(">")[0]!);
      expect([sort, ...namesOf(first), ...namesOf(rest)]).toEqual([sort, ...names]);
    }
    const byKey = (await get("/resources")).text;
    expect((await get("/resources?sort=key")).text).toBe(byKey);
    expect((await get("/resources?sort=-key")).json).toEqual(JSON.parse(byKey).reverse());
  });

  test("holds the fields that are asked for, as the whole has them and in its order", async () => {
    await store([{ name: "a" }, { name: "b" }], () => ready("True", "Fine"));
    const whole: Record<string, unknown>[] = (await get("/resources")).json;
    for (const fields of [
      ["id"],
      ["id", "status", "last_reconcile"],
      ["cluster_id", "message"],
      Object.keys(whole[0]!),
    ]) {
      const wanted = whole.map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])));
      for (const asked of [
        `fields=${fields}`,
        `fields=${fields.toReversed()}`,
        fields.map((field) => `fields=${field}`).join("&"),
      ])
        for (const limit of ["", "&limit=2"])
          expect((await get(`/resources?${asked}${limit}`)).text).toBe(`${JSON.stringify(wanted)}\n`);
    }
  });

  test("refuses what it cannot mean, and says what it can be", async () => {
    const table: [query: string, error: RegExp, hint: RegExp][] = [
      ["readiness=Sick", /^readiness: /, /Ready, .*Unknown\.$/],
      ["readiness=ready", /^readiness: /, /Ready/],
      ["sort=size", /^sort: /, /key, severity, name, cluster, changed/],
      ["sort=--name", /^sort: /, /key/],
      ["fields=id,secret", /^fields: /, /id, cluster_id, .*metadata/],
      ["fields=Name", /^fields: /, /name/],
      ["label==x", /^label/, /\.$/],
      ["label=a b", /^label/, /\.$/],
      ["namespace=%00", /NUL/, /\.$/],
      ["text=%00", /NUL/, /\.$/],
      [`text=${"x".repeat(201)}`, /^text: /, /\.$/],
      [`namespace=${"x".repeat(254)}`, /^namespace/, /\.$/],
      [Array.from({ length: 101 }, (_, nth) => `namespace=n${nth}`).join("&"), /^namespace: .* at most 100/, /\.$/],
      [`cluster_id=${"x".repeat(254)}`, /^cluster_id/, /\.$/],
      [`revision=${"x".repeat(254)}`, /^revision/, /\.$/],
    ];
    for (const [query, error, hint] of table) {
      const { status, json } = await get(`/resources?${query}`);
      expect([query, status, json.code]).toEqual([query, 400, "INPUT_INVALID"]);
      expect(json.error).toMatch(error);
      expect(json.hint).toMatch(hint);
      expectShape(json, FAILURE);
    }
  });
});

describe("the tag of a list", () => {
  const tagOf = async (path: string, headers?: Record<string, string>) =>
    (await get(path, headers)).headers.get("etag")!;

  test("is weak, and answers 304 without a body until something in the fleet changes", async () => {
    await store([{ name: "a" }]);
    for (const path of ["/resources", `/clusters/${clusterId}/resources`, "/resources?limit=1"]) {
      const tag = await tagOf(path);
      expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
      const same = await get(path, { "if-none-match": `"other", ${tag}` });
      expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", tag]);
      await store([{ name: "a", message: "news" }]);
      const changed = await get(path, { "if-none-match": tag });
      expect([changed.status, namesOf(changed)]).toEqual([200, ["a"]]);
    }
  });

  test("is another for another question and for other rights", async () => {
    await store([{ name: "a" }]);
    const tags = [
      await tagOf("/resources"),
      await tagOf("/resources?kind=Kustomization"),
      await tagOf(`/clusters/${clusterId}/resources`),
      await tagOf("/resources", { "x-actor": "ns:apps" }),
      await tagOf("/resources", { "x-actor": "ns:other" }),
    ];
    expect(new Set(tags).size).toBe(tags.length);
  });
});

describe("rights", () => {
  test("narrow a list to what its reader may see", async () => {
    await store([
      { namespace: "apps", name: "mine" },
      { namespace: "infra", name: "theirs" },
    ]);
    expect(namesOf(await get("/resources", { "x-actor": "ns:apps" }))).toEqual(["mine"]);
  });

  test("that are missing are a 403, and never a 304", async () => {
    await store([{}]);
    const tag = (await get("/resources")).headers.get("etag")!;
    for (const headers of [{ "x-actor": "nobody" }, { "x-actor": "nobody", "if-none-match": tag }]) {
      const { status, json } = await get("/resources", headers);
      expect([status, json.code]).toEqual([403, "FORBIDDEN"]);
      expectShape(json, FAILURE);
    }
  });
});
