import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openClient } from "@flux-orchestrator/db";
import {
  createNamespace,
  createObject,
  installExtraCrds,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { launchBrowser } from "./browser.ts";
import { marker, markers, quotingEvent, refusedKubeconfigs, secretObjects } from "./canary-secrets.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 300_000;
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

/** As it stands, in base64 at whatever offset, and escaped for URLs; letters survive JSON as they are. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) =>
    // The first and last characters depend on what stands around it.
    Buffer.from(`${" ".repeat(offset)}${secret}`)
      .toString("base64")
      .slice(offset === 0 ? 0 : 4, -4),
  );
  const everyByte = [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join("");
  const unicode = [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  return [secret, ...base64, everyByte, unicode];
}

const leaks: string[] = [];
function sweep(where: string, text: string): void {
  for (const [place, secret] of Object.entries(markers))
    for (const form of formsOf(secret)) if (text.includes(form)) leaks.push(`${place} in ${where}`);
}

/** One product over one cluster, with a secret in every place that can hold one. */
describe.skipIf(!hasAll)("nothing secret comes out again", () => {
  let apiserver: KubeApiserver;
  let product: Product;
  let namespace: string;
  let clusterId: string;

  beforeAll(async () => {
    apiserver = await startKubeApiserver({
      name: "canary",
      tokens: [{ token: marker("kubeconfig token"), user: "canary", groups: ["system:masters"] }],
    });
    await installFluxCrds(apiserver);
    await installExtraCrds(apiserver).catch(() => {
      // Kinds of the operator and of images are not everywhere to be had; their masks have tests of their own.
    });
    namespace = await createNamespace(apiserver);
    for (const object of secretObjects(namespace)) {
      const created = await createWhereServed(apiserver, object);
      if (created?.kind === "HelmRelease") await createObject(apiserver, quotingEvent(created));
    }
    product = await startProduct({ env: { LOG_LEVEL: "debug" } });
  }, DEADLINE_MS);
  afterAll(async () => {
    await product?.[Symbol.asyncDispose]();
    await apiserver?.stop();
  }, DEADLINE_MS);

  const call = async (path: string, body?: unknown, method = body === undefined ? "GET" : "POST"): Promise<unknown> => {
    const response = await fetch(product.url + path, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    sweep(`${method} ${path.slice(0, 60)}`, `${text}\n${[...response.headers].join("\n")}`);
    return text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text;
  };
  const ask = async (procedure: string, input?: unknown) => {
    const answer = (await call(
      `/trpc/${procedure}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
    )) as { result?: { data: unknown } };
    return answer.result?.data;
  };

  test(
    "of kubeconfigs, whether they are taken or refused",
    async () => {
      const kubeconfig = apiserver.kubeconfig({ user: { token: marker("kubeconfig token") } });
      const registered = (await call("/api/v1/clusters", { name: "canary", kubeconfig })) as {
        id: string;
        status: string;
      };
      expect(registered.status).toBe("healthy");
      clusterId = registered.id;
      for (const refused of refusedKubeconfigs(apiserver)) {
        await call("/trpc/kubeconfig.parse", { kubeconfig: refused });
        await call("/trpc/kubeconfig.test", { source: { from: "text", kubeconfig: refused } });
        await call("/trpc/cluster.register", { name: "refused", kubeconfig: refused });
        await call("/api/v1/clusters", { name: "refused", kubeconfig: refused });
        await call(`/api/v1/clusters/${clusterId}`, { kubeconfig: refused }, "PUT");
      }
      // Some of them can be taken, and were: what cannot be reached is registered all the same.
      await call(`/api/v1/clusters/${clusterId}`, { kubeconfig }, "PUT");
      await call("/trpc/cluster.register", { [marker("unknown key")]: marker("value of an unknown key") });
      await call("/trpc/cluster.register", `not JSON ${marker("text that is no JSON")}`);
      expect(leaks).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "of login providers and of Azure, whether they are taken or refused",
    async () => {
      const path = "/api/v1/oauth/providers";
      const client = { name: "canary", provider: "github", client_id: "id", redirect_url: "http://localhost/cb" };
      const made = (await call(path, { ...client, client_secret: marker("client secret") })) as { id: string };
      await call(`${path}/${made.id}`, { client_secret: marker("another client secret") }, "PUT");
      for (const refused of [{ provider: "none" }, { redirect_url: "no address" }, { provider: "entra" }])
        await call(path, { ...client, ...refused, client_secret: marker("refused client secret") });
      await call("/trpc/oauth.create", { name: "canary", clientSecret: marker("client secret of no provider") });
      await call(`${path}/${made.id}`);
      await call(path);
      await ask("oauth.list");
      const azure = { tenant_id: "t", client_id: "c", client_secret: marker("Azure secret"), subscription_id: "s" };
      await call("/api/v1/azure/subscriptions", { name: "canary", ...azure });
      await call("/api/v1/azure/subscriptions", { name: "canary", credentials: azure });
      expect(leaks).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "of objects, by every door that reads them, and by the stream",
    async () => {
      const expected = (await kindsThere(apiserver, namespace)).length;
      await until(
        "all objects are stored",
        async () => ((await ask("resource.list", {})) as { rows: unknown[] }).rows.length >= expected,
      );
      await until("what its controller told of the release is stored", async () => {
        const ref = { cluster: clusterId, kind: "HelmRelease", namespace, name: "release" };
        const { events } = (await ask("resource.events", ref)) as { events: { message: string }[] };
        return events.some(({ message }) => message.startsWith("Helm upgrade failed"));
      });
      const stream = listen(
        `${product.url}/trpc/live.watch?input=${encodeURIComponent(JSON.stringify({ topics: [{ topic: "query", filter: {} }, { topic: "summary" }] }))}`,
      );
      const { rows } = (await ask("resource.list", {})) as {
        rows: { kind: string; namespace: string; name: string }[];
      };
      for (const { kind, namespace: of, name } of rows) {
        const ref = { cluster: clusterId, kind, namespace: of, name };
        for (const procedure of ["resource.get", "resource.yaml", "resource.events"]) await ask(procedure, ref);
        for (const change of ["resource.suspend", "resource.resume", "resource.reconcile"])
          await call(`/trpc/${change}`, change === "resource.suspend" ? { ...ref, reason: "look" } : ref);
        await call(`/api/v1/clusters/${clusterId}/flux/${kind}/${of}/${name}`);
        await call(`/api/v1/clusters/${clusterId}/flux/${kind}/${of}/${name}/resources`);
      }
      for (const [procedure, input] of [
        ["fleet.summary"],
        ["cluster.list"],
        ["cluster.get", { cluster: "canary" }],
        ["activity.list", { limit: 200 }],
        ["setting.list"],
        ["system.info"],
        ["kubeconfig.local"],
      ] as [string, unknown?][])
        await ask(procedure, input);
      for (const path of [
        "clusters",
        `clusters/${clusterId}`,
        "resources",
        `clusters/${clusterId}/resources`,
        `clusters/${clusterId}/flux/stats`,
        `clusters/${clusterId}/export`,
        `clusters/${clusterId}/export?format=csv`,
        "resources/export?format=csv",
        "activities",
        "settings",
      ])
        await call(`/api/v1/${path}`);
      for (const kind of new Set(rows.map((row) => row.kind))) {
        await call(`/api/v1/resources?kind=${kind}`);
        await call(`/api/v1/resources/export?kind=${kind}`);
      }
      await call(`/api/v1/clusters/${clusterId}/sync`, {});
      await until(
        "the stream told of the changes",
        () => stream.text().includes('"type":"changes"') && stream.text().includes('"type":"run"'),
      );
      sweep("the live stream", stream.text());
      stream.close();
      expect(rows.length).toBeGreaterThan(4);
      expect(leaks).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "of pages",
    async () => {
      await using browser = await launchBrowser();
      const { page } = await browser.page();
      const { rows } = (await ask("resource.list", {})) as {
        rows: { kind: string; namespace: string; name: string }[];
      };
      const pages = rows.map(
        ({ kind, namespace: of, name }) =>
          `/clusters/canary/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${of}/${name}`,
      );
      for (const path of [
        "/",
        "/resources",
        "/clusters",
        "/clusters/canary",
        "/activity",
        ...pages.flatMap((path) => [path, `${path}?tab=yaml`, `${path}?tab=events`]),
      ]) {
        await page.goto(product.url + path);
        await page.locator("h1").first().waitFor();
        if (path.endsWith("yaml")) await page.locator("pre").first().waitFor();
        sweep(`the page ${path}`, await page.content());
      }
      expect(leaks).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "of the log, the terminal, the files of the home, and the database but its sealed column",
    async () => {
      sweep("standard output and error", product.output());
      for (const name of readdirSync(product.home).filter((file) => /\.(log|json)$/.test(file)))
        sweep(name, readFileSync(join(product.home, name), "utf8"));
      const columns = await everyColumn(product);
      expect(columns.length).toBeGreaterThan(80);
      for (const { column, text } of columns) sweep(`the column ${column}`, text);
      expect(leaks).toEqual([]);
    },
    DEADLINE_MS,
  );
});

const PLURALS: Record<string, string> = {
  GitRepository: "gitrepositories",
  HelmRepository: "helmrepositories",
  OCIRepository: "ocirepositories",
};

async function createWhereServed(apiserver: KubeApiserver, object: KubeObject): Promise<KubeObject | undefined> {
  return await createObject(apiserver, object).catch((error: { status?: number }) => {
    if (error.status !== 404) throw error;
    return undefined;
  });
}

async function kindsThere(apiserver: KubeApiserver, namespace: string): Promise<string[]> {
  const lists = [
    "helm.toolkit.fluxcd.io/v2/namespaces/*/helmreleases",
    "kustomize.toolkit.fluxcd.io/v1/namespaces/*/kustomizations",
    "source.toolkit.fluxcd.io/v1/namespaces/*/gitrepositories",
    "source.toolkit.fluxcd.io/v1/namespaces/*/helmrepositories",
    "notification.toolkit.fluxcd.io/v1beta3/namespaces/*/providers",
    "notification.toolkit.fluxcd.io/v1/namespaces/*/receivers",
  ];
  const found = await Promise.all(
    lists.map(
      async (path) =>
        (await kubeRequest<{ items: KubeObject[] }>(apiserver, "GET", `/apis/${path.replace("*", namespace)}`)).items,
    ),
  );
  return found.flat().map((item) => item.metadata.name);
}

function listen(url: string): { text(): string; close(): void } {
  const stopping = new AbortController();
  let text = "";
  void (async () => {
    const response = await fetch(url, { signal: stopping.signal });
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
  })().catch(() => {
    // Closed by us.
  });
  return { text: () => text, close: () => stopping.abort() };
}

/** Every column of every table as text, except where secrets are sealed. */
async function everyColumn(product: Product): Promise<{ column: string; text: string }[]> {
  const line = readFileSync(join(product.home, "pg18/postmaster.pid"), "utf8").split("\n")[4] ?? "";
  const sql = openClient({ socketDir: line, database: "flux_orchestrator", user: "flux" }, { max: 1 });
  try {
    const columns = await sql<{ table: string; column: string }[]>`
      select table_name as "table", column_name as "column" from information_schema.columns
      where table_schema = 'public' and column_name <> 'sealed' order by 1, 2`;
    const read: { column: string; text: string }[] = [];
    for (const { table, column } of columns) {
      const [row] = await sql<
        { text: string | null }[]
      >`select string_agg(${sql(column)}::text, ' ') as text from ${sql(table)}`;
      read.push({ column: `${table}.${column}`, text: row?.text ?? "" });
    }
    return read;
  } finally {
    await sql.end();
  }
}
