import { beforeAll, describe, expect, test } from "bun:test";
import type { Authorizer } from "@flux-orchestrator/api";
import { openClient, type ResourceWrite, writeDocuments } from "@flux-orchestrator/db";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { CLUSTER, expectShape, FAILURE, RESOURCE } from "./test-shapes.ts";

/** An actor named `ns:<namespace>` sees that namespace, `nobody` may not even ask. */
const authorizer: Authorizer = {
  allows: async (actor) => actor.id !== "nobody",
  visible: async ({ id }) => (id.startsWith("ns:") ? { column: "namespace", in: [id.slice(3)] } : { all: [] }),
};
/** How often each operation ran. */
const ran = new Map<string, number>();
const rest = useRest({ authorizer, ran: (operation) => ran.set(operation, (ran.get(operation) ?? 0) + 1) });
const get = (path: string, actor?: string) =>
  rest.call("GET", `/api/v1${path}`, undefined, actor === undefined ? {} : { "x-actor": actor });
const newest = async () => (await get("/activities?limit=1")).json[0];

const register = async (name: string): Promise<string> =>
  (await rest.call("POST", "/api/v1/clusters", { name, kubeconfig: kubeconfigOf("https://127.0.0.1:1") })).json.id;

async function store(rows: (Partial<ResourceWrite> & { clusterId: string; said?: string })[]) {
  await rest.database.sql.begin(async (tx) => {
    const ids = await storeResources(
      tx,
      rows.map(({ said: _, ...row }) => resourceRow(row)),
    );
    await writeDocuments(
      tx,
      rows.map(({ readyStatus = "True", said = "Fine" }, index) => ({
        resourceId: ids[index]!,
        document: JSON.stringify(
          readyStatus === null
            ? {}
            : { status: { conditions: [{ type: "Ready", status: readyStatus, message: said }] } },
        ),
      })),
    );
  });
}

let one = "";
let two = "";
const NAME = 'R&D "prod" ä/=x';
beforeAll(async () => {
  one = await register("prod-eu-1");
  two = await register(NAME);
  await store([
    { clusterId: one, name: "app", namespace: "apps", readyTransitionAt: "2026-01-02T03:04:05.000Z" },
    {
      clusterId: one,
      name: "broken",
      namespace: "flux-system",
      readyStatus: "False",
      readyTransitionAt: null,
      said: `=1+1, "no"\r\n-2`,
    },
    {
      clusterId: one,
      name: "new",
      namespace: "apps",
      kind: "GitRepository",
      group: "source.toolkit.fluxcd.io",
      readyStatus: null,
      readyTransitionAt: null,
    },
    { clusterId: two, name: "app", namespace: "apps", readyStatus: "Unknown", readyTransitionAt: null, said: "-1" },
    { clusterId: two, name: "watched", kind: "Receiver", group: "notification.toolkit.fluxcd.io" },
  ]);
});

describe("§3.10 47 a cluster", () => {
  test("as JSON: itself, and its objects as they are listed", async () => {
    for (const query of ["", "?format=json", "?format=xml", "?format=CSV"]) {
      const { status, json, headers } = await get(`/clusters/${one}/export${query}`);
      expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
      expect(Object.keys(json).sort()).toEqual(["cluster", "exported_at", "resources"]);
      expectShape(json.cluster, CLUSTER);
      for (const resource of json.resources) expectShape(resource, RESOURCE);
      expect(json.cluster).toEqual((await get(`/clusters/${one}`)).json);
      const listed = (await get(`/clusters/${one}/resources`)).json;
      expect(new Set(json.resources)).toEqual(new Set(listed));
      expect(json.resources).toHaveLength(3);
      expect(Date.parse(json.exported_at)).toBeGreaterThan(Date.now() - 60_000);
    }
  });

  test("Q24 as CSV: the original's columns, quoted by RFC 4180, no formula, times as everywhere", async () => {
    const { status, text, headers } = await get(`/clusters/${one}/export?format=csv`);
    expect([status, headers.get("content-type")]).toEqual([200, "text/csv"]);
    expect(text).toBe(
      [
        "Kind,Namespace,Name,Status,Message,LastReconcile\n",
        "Kustomization,apps,app,Ready,Fine,2026-01-02T03:04:05Z\n",
        "GitRepository,apps,new,Unknown,,\n",
        `Kustomization,flux-system,broken,NotReady,"'=1+1, ""no""\r\n-2",\n`,
      ].join(""),
    );
  });

  test("Q24 is saved under its name, quoted and encoded", async () => {
    const named = async (id: string, query: string) =>
      (await get(`/clusters/${id}/export${query}`)).headers.get("content-disposition");
    expect(await named(one, "")).toBe(
      `attachment; filename="prod-eu-1-export.json"; filename*=UTF-8''prod-eu-1-export.json`,
    );
    expect(await named(two, "?format=csv")).toBe(
      `attachment; filename="R_D _prod_ a__x-resources.csv"; filename*=UTF-8''R%26D%20%22prod%22%20%C3%A4%2F%3Dx-resources.csv`,
    );
  });

  test("without objects is an empty list, and a line of columns", async () => {
    const empty = await register("empty");
    expect((await get(`/clusters/${empty}/export`)).json.resources).toEqual([]);
    expect((await get(`/clusters/${empty}/export?format=csv`)).text).toBe(
      "Kind,Namespace,Name,Status,Message,LastReconcile\n",
    );
  });

  test("§3.9 is recorded", async () => {
    await get(`/clusters/${one}/export?format=csv`);
    expect(await newest()).toMatchObject({
      action: "export",
      resource_type: "cluster",
      resource_id: one,
      resource_name: "prod-eu-1",
      cluster_id: one,
      cluster_name: "prod-eu-1",
      status: "success",
    });
  });

  test.each([
    "/clusters/:one/export",
    "/clusters/:one/export?format=csv",
    "/resources/export",
    "/resources/export?format=csv",
  ])("HEAD %s tells how it would be saved, and records nothing: nothing has left", async (template) => {
    const path = template.replace(":one", one);
    const before = await newest();
    const head = await rest.call("HEAD", `/api/v1${path}`);
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(await newest()).toEqual(before);
    const { headers } = await get(path);
    for (const name of ["content-type", "content-disposition", "cache-control"])
      expect(head.headers.get(name)).toBe(headers.get(name));
    expect((await rest.call("HEAD", `/api/v1${path}`, undefined, { "x-actor": "nobody" })).status).toBeOneOf([
      403, 404,
    ]);
  });

  test("that nobody knows is 404, and one nobody may see too", async () => {
    for (const [path, actor] of [
      ["/clusters/nope/export", undefined],
      [`/clusters/${one}/export`, "nobody"],
    ] as const) {
      const { status, json } = await get(path, actor);
      expect([status, json.code]).toEqual([404, "CLUSTER_NOT_FOUND"]);
      expectShape(json, FAILURE);
    }
  });
});

describe("§3.10 48, Q3 the objects of the fleet", () => {
  test("as JSON: those that lists hold, how many, and what was asked", async () => {
    const { status, json, headers } = await get("/resources/export");
    expect([status, headers.get("content-disposition")]).toEqual([
      200,
      `attachment; filename="flux-resources.json"; filename*=UTF-8''flux-resources.json`,
    ]);
    expect(Object.keys(json).sort()).toEqual(["count", "exported_at", "filters", "resources"]);
    expect([json.count, json.filters]).toEqual([4, { status: "", kind: "" }]);
    expect(new Set(json.resources)).toEqual(new Set((await get("/resources")).json));
  });

  test("as CSV: with the cluster in front", async () => {
    const { text } = await get("/resources/export?format=csv&kind=Kustomization");
    const [head, ...lines] = text.split("\n");
    expect(head).toBe("ClusterID,Kind,Namespace,Name,Status,Message,LastReconcile");
    expect(lines).toContain(`${two},Kustomization,apps,app,NotReady,'-1,`);
  });

  test("are narrowed by status and kind", async () => {
    const exported = async (query: string) => {
      const { json } = await get(`/resources/export?${query}`);
      expect(json.count).toBe(json.resources.length);
      return json.resources.map(({ name }: { name: string }) => name).sort();
    };
    expect(await exported("status=Ready")).toEqual(["app"]);
    expect(await exported("status=NotReady")).toEqual(["app", "broken"]);
    expect(await exported("status=Unknown")).toEqual(["new"]);
    expect(await exported("status=&kind=")).toEqual(["app", "app", "broken", "new"]);
    expect(await exported("kind=Receiver")).toEqual(["watched"]);
    expect(await exported("kind=GitRepository&status=Ready")).toEqual([]);
    expect(await exported("kind=Deployment")).toEqual([]);
    expect((await get("/resources/export?status=Ready&kind=GitRepository")).json.filters).toEqual({
      status: "Ready",
      kind: "GitRepository",
    });
  });

  test("by what is no status or kind are refused, and nothing is recorded", async () => {
    const before = await rest.database.sql`select count(*) from audit_events`;
    for (const [query, code] of [
      ["status=Fine", "INPUT_INVALID"],
      ["status=ready", "INPUT_INVALID"],
      ["kind=a;b", "KIND_NOT_SUPPORTED"],
    ] as const) {
      const { status, json } = await get(`/resources/export?${query}`);
      expect([query, status, json.code]).toEqual([query, 400, code]);
    }
    expect(await rest.database.sql`select count(*) from audit_events`).toEqual(before);
  });

  test("are those that the actor may see, and so is their number in the record (§3.9)", async () => {
    const { json } = await get("/resources/export", "ns:flux-system");
    expect([json.count, json.resources[0].name]).toEqual([1, "broken"]);
    expect(await newest()).toMatchObject({
      action: "export",
      resource_type: "resources",
      resource_id: "all",
      resource_name: "1 resources",
      cluster_id: "",
      cluster_name: "",
      user_id: "ns:flux-system",
      status: "success",
    });
    expect((await get("/resources/export", "nobody")).status).toBe(403);
    expect(await newest()).toMatchObject({ action: "export", user_id: "nobody", status: "failed" });
  });
});

test("no export has a credential", async () => {
  for (const path of [`/clusters/${one}/export`, "/resources/export"])
    for (const format of ["json", "csv"])
      expect((await get(`${path}?format=${format}`)).text).not.toContain("a-token-that-opens-nothing");
});

describe("100,000 objects", () => {
  const COUNT = 100_000;
  let many = "";
  beforeAll(async () => {
    many = await register("many");
    const { sql } = rest.database;
    await store([{ clusterId: many, name: "template" }]);
    const columns = await sql<{ name: string }[]>`
      select attname as name from pg_attribute where attrelid = 'flux_resources'::regclass and attnum > 0
        and not attisdropped and attname not in ('id', 'name')`;
    const long = openClient(rest.database.target, { max: 1, statementMs: 100_000 });
    await long.begin(async (tx) => {
      const others = tx.unsafe(columns.map(({ name }) => `"${name}"`).join(", "));
      await tx`
        insert into flux_resources (name, ${others})
        select 'object-' || n, ${others} from flux_resources, generate_series(1, ${COUNT - 1}) n
        where cluster_id = ${many}::uuid and name = 'template'`;
      await tx`
        insert into flux_objects (resource_id, document)
        select id, ${`{"spec":"${"x".repeat(1500)}"}`}::text from flux_resources
        where cluster_id = ${many}::uuid and name <> 'template'`;
    });
    await long.end();
    // As Postgres does it by itself soon after.
    await sql`analyze flux_resources`;
  }, 180_000);

  test("are all there, each once", async () => {
    const { text } = await get(`/clusters/${many}/export?format=csv`);
    const names = text
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",")[2]);
    expect(new Set(names).size).toBe(COUNT);
    expect(names).toHaveLength(COUNT);
  }, 180_000);

  test("are read from the database only as fast as the client takes them: none are held", async () => {
    ran.clear();
    const answer = await rest.handle(new Request(`${rest.url}/api/v1/clusters/${many}/export`));
    let bytes = 0;
    let pieces = 0;
    for await (const piece of answer.body!) {
      bytes += piece.byteLength;
      pieces++;
      // The first is read before the answer begins, and one waits in the stream.
      expect(ran.get("resource.exportPage")).toBeLessThanOrEqual(pieces + 2);
    }
    expect([pieces, ran.get("resource.exportPage")]).toEqual([COUNT / 200 + 1, COUNT / 200]);
    expect(bytes).toBeGreaterThan(COUNT * 1500);
  }, 180_000);

  test("are not read on when the client is gone", async () => {
    ran.clear();
    const answer = await rest.handle(new Request(`${rest.url}/api/v1/resources/export`));
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    await get("/settings");
    expect(ran.get("resource.exportPage")).toBeLessThanOrEqual(3);
  });
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});
