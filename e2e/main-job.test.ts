import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  applyObject,
  deleteObject,
  type FluxCluster,
  getObject,
  type KubeObject,
  patchObject,
  requirement,
  startFluxCluster,
  until,
  untilObject,
  untilReady,
} from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser, type TestPage } from "./browser.ts";
import { type Product, startProduct, temporaryHome } from "./product.ts";

const DEADLINE_MS = 300_000;
const NAMESPACE = "shop";
const hasAll = (await requirement("flux")) && (await requirement("chromium"));

/** One story on one real cluster: each test goes on where the one before stopped. */
describe.skipIf(!hasAll)("the main job, from an empty home to a restart", () => {
  let cluster: FluxCluster;
  let browser: TestBrowser;
  let product: Product;
  let home: string;
  let tab: TestPage;
  let page: Page;
  /** What a later part rests on; once one has failed, the rest is not waited for. */
  let failed: string | undefined;
  const story = (promise: string, run: () => Promise<void>) =>
    test(
      promise,
      async () => {
        if (failed !== undefined) throw new Error(`not tried, because this failed before: ${failed}`);
        try {
          await run();
        } catch (error) {
          failed = promise;
          const picture = join(tmpdir(), "flux-orchestrator-e2e.png");
          await page?.screenshot({ path: picture }).then(() => console.error(`the page as it was: ${picture}`));
          throw error;
        }
      },
      DEADLINE_MS,
    );
  const pageOf = (kind: string, name: string) => `${product.url}/clusters/shop-eu/${kind}/${NAMESPACE}/${name}`;
  const head = () => page.locator(".ohead");
  const pill = () => head().locator(".pill");

  beforeAll(async () => {
    cluster = await startFluxCluster({ name: "shop-eu" });
    await applyObject(cluster.apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    await cluster.git.commit("shop", { "app/config.yaml": configMap("v1") });
    await cluster.helm.publish({
      name: "greeter",
      version: "1.0.0",
      templates: { "map.yaml": GREETING },
      values: { greeting: "hello" },
    });
    home = await temporaryHome();
    product = await startProduct({ home, kubeconfig: cluster.apiserver.kubeconfigPath });
    browser = await launchBrowser();
    tab = await browser.page();
    page = tab.page;
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await cluster?.stop();
    if (home !== undefined) await Bun.$`rm -rf ${home}`.quiet();
  }, DEADLINE_MS);

  story("the first page offers the contexts of the kubeconfig, and one click imports them", async () => {
    await page.goto(product.url);
    await page.getByRole("heading", { name: "1 cluster with Flux found in your kubeconfig" }).waitFor();
    await page.getByRole("button", { name: "Import 1 cluster" }).click();
    await page.getByRole("heading", { name: "Fleet", exact: true }).waitFor();
    await page
      .getByRole("link", { name: /shop-eu/ })
      .first()
      .waitFor();
  });

  story("objects that the real controllers bring to Ready appear by themselves", async () => {
    await page.goto(`${product.url}/resources?q=namespace:${NAMESPACE}`);
    for (const object of shopObjects(cluster)) await applyObject(cluster.apiserver, object);
    await until("every object of the shop is shown, Ready", async () => {
      // What is new waits until it is asked for: nothing moves under the pointer.
      const waiting = page.getByRole("button", { name: /: show$/ });
      if (await waiting.isVisible()) await waiting.click();
      const rows = SHOP.map(([kind, name]) =>
        page.getByRole("row").filter({ hasText: kind }).filter({ hasText: name }),
      );
      const counts = await Promise.all(rows.map((row) => row.filter({ hasText: "Ready" }).count()));
      return counts.every((count) => count > 0);
    });
  });

  story("a commit shows up as a new revision without a reload", async () => {
    await page.goto(pageOf("kustomizations", "app"));
    await pill().filter({ hasText: "Ready" }).waitFor();
    await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
    const commit = await cluster.git.commit("shop", { "app/config.yaml": configMap("v2") });
    await head().getByText(commit.slice(0, 7)).first().waitFor();
    expect(await page.evaluate(() => (window as { neverReloaded?: boolean }).neverReloaded)).toBe(true);
  });

  story("reconcile from the page is handled by the controller, and the page says how it ended", async () => {
    await page
      .getByRole("button", { name: /^Reconcile…/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("With its source chain").click();
    await dialog.getByText("flux reconcile kustomization app").first().waitFor();
    await dialog.getByRole("button", { name: "Reconcile", exact: true }).click();
    await page.locator('section.run[data-outcome="ready"]').waitFor();
    const live = await getObject(cluster.apiserver, kustomization());
    const asked = live.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
    expect(asked).toBeString();
    expect(live.status.lastHandledReconcileAt).toBe(asked);
  });

  story("suspend wants a reason and stops the object on the cluster; resume takes it back", async () => {
    await page
      .getByRole("button", { name: /^Suspend…/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    expect((await getObject(cluster.apiserver, kustomization())).spec.suspend).toBeUndefined();
    await dialog.getByLabel("Reason").fill("database migration");
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    await pill().filter({ hasText: "Suspended" }).waitFor();
    const suspended = await getObject(cluster.apiserver, kustomization());
    expect(suspended.spec.suspend).toBe(true);
    expect(suspended.metadata.annotations).toMatchObject({
      "flux-orchestrator/suspended-by": "system",
      "flux-orchestrator/suspend-reason": "database migration",
    });

    await page
      .getByRole("button", { name: /^Resume/ })
      .first()
      .click();
    await pill().filter({ hasText: "Ready" }).waitFor();
    const resumed = await getObject(cluster.apiserver, kustomization());
    expect(resumed.spec.suspend ?? false).toBe(false);
  });

  story("a broken Kustomization turns Failed with its message, and deleting it takes it from the page", async () => {
    const broken = kustomization({ name: "broken", path: "./nowhere" });
    await applyObject(cluster.apiserver, broken);
    await untilObject(cluster.apiserver, broken, (seen) =>
      seen.status?.conditions?.some(
        (c: { type: string; status: string }) => c.type === "Ready" && c.status === "False",
      ),
    );
    await page.goto(pageOf("kustomizations", "broken"));
    await pill().filter({ hasText: "Failed" }).waitFor();
    await page
      .getByLabel("Why")
      .getByText(/path not found/)
      .waitFor();

    await deleteObject(cluster.apiserver, broken);
    await page.getByText("Kustomization broken was deleted.").waitFor();
    await page.goto(`${product.url}/resources?q=namespace:${NAMESPACE}`);
    await page.getByRole("row").filter({ hasText: "app" }).first().waitFor();
    expect(await page.getByRole("row").filter({ hasText: "broken" }).count()).toBe(0);
  });

  story("a change on the cluster reaches the open page in moments, and the page never polls", async () => {
    await page.goto(pageOf("kustomizations", "app"));
    await pill().filter({ hasText: "Ready" }).waitFor();
    const tookMs: number[] = [];
    for (const suspend of [true, false, true, false, true, false, true, false, true, false]) {
      const startedMs = performance.now();
      await patchObject(cluster.apiserver, kustomization(), { spec: { suspend } });
      // Looked at in every frame of the page: a locator would look every half second.
      await page.waitForFunction(
        (word) => document.querySelector(".ohead .pill")?.textContent?.includes(word),
        suspend ? "Suspended" : "Ready",
      );
      // Out of Suspended it is the controller's turn first; that time is not ours.
      if (suspend) tookMs.push(Math.round(performance.now() - startedMs));
    }
    console.log(`change on the cluster → page: ${tookMs.join(", ")} ms`);

    await untilReady(cluster.apiserver, kustomization());
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    // What the last change made the page read has been read by then; nothing else may be asked without a change.
    await page.waitForTimeout(3_000);
    asked.length = 0;
    await page.waitForTimeout(6_000);
    expect(asked).toEqual([]);
  });

  story("when the API server dies the page says stale within 10 s, and recovers by itself", async () => {
    await cluster.apiserver.kill();
    const startedMs = performance.now();
    await page.getByText(/^Last seen .* ago; showing the state of/).waitFor({ timeout: 10_000 });
    console.log(`API server killed → page says stale: ${Math.round(performance.now() - startedMs)} ms`);
    await cluster.apiserver.restart();
    await page.getByText(/^Last seen .* ago; showing the state of/).waitFor({ state: "detached" });
    await pill().filter({ hasText: "Ready" }).waitFor();
  });

  story("a restart of the product loses nothing, and the open page finds it again", async () => {
    const before = await activities(product);
    expect(await product.stop()).toBe(0);
    await page.getByText(/Connection to the server lost/).waitFor();
    product = await startProduct({ home, kubeconfig: cluster.apiserver.kubeconfigPath, port: product.port });
    await page.getByText(/Connection to the server lost/).waitFor({ state: "detached" });
    await pill().filter({ hasText: "Ready" }).waitFor();
    expect(await activities(product)).toEqual(before);
    expect(before.map(({ action }) => action).toReversed()).toEqual(["create", "reconcile", "suspend", "resume"]);
    await page.goto(`${product.url}/activity`);
    for (const word of ["Reconcile", "Suspend", "Resume"])
      await page
        .getByRole("row")
        .filter({ hasText: new RegExp(word, "i") })
        .first()
        .waitFor();
  });

  story("every cluster is listed anew by one click, and the page says how it went", async () => {
    await page.goto(`${product.url}/clusters`);
    await page.getByRole("button", { name: "Resync all" }).click();
    await page.getByText("Resync ended").waitFor();
    const [sync] = (await activities(product)).filter(({ action }) => action === "sync");
    expect(sync).toMatchObject({ action: "sync", outcome: "success" });
  });

  story("nothing went wrong in the page, nor secretly in the log", async () => {
    // While the product was down the browser said so itself.
    const own = tab.errors.filter(
      (error) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|Failed to load resource/.test(error),
    );
    expect(own).toEqual([]);
    const lines = (await Bun.file(`${home}/server.log`).text()).trim().split("\n");
    const bad = lines
      .map((line) => JSON.parse(line) as { level: string; msg: string })
      .filter(({ level }) => level === "error");
    expect(bad).toEqual([]);
  });
});

const SHOP = [
  ["GitRepository", "shop"],
  ["Kustomization", "app"],
  ["HelmRepository", "charts"],
  ["HelmRelease", "greeter"],
] as const;

function shopObjects(cluster: FluxCluster): KubeObject[] {
  return [
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name: "shop", namespace: NAMESPACE },
      spec: { interval: "2s", url: cluster.git.url("shop"), ref: { branch: "main" } },
    },
    kustomization(),
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmRepository",
      metadata: { name: "charts", namespace: NAMESPACE },
      spec: { interval: "1m", url: cluster.helm.url },
    },
    {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "greeter", namespace: NAMESPACE },
      spec: {
        interval: "1h",
        chart: { spec: { chart: "greeter", version: "1.x", sourceRef: { kind: "HelmRepository", name: "charts" } } },
      },
    },
  ];
}

function kustomization({ name = "app", path = "./app" } = {}): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      interval: "1h",
      retryInterval: "1h",
      prune: true,
      path,
      sourceRef: { kind: "GitRepository", name: "shop" },
    },
  };
}

const configMap = (version: string): string =>
  Bun.YAML.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "app", namespace: NAMESPACE },
    data: { version },
  });

const GREETING = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting }}
`;

async function activities(product: Product): Promise<{ action: string; outcome: string }[]> {
  const response = await fetch(
    `${product.url}/trpc/activity.list?input=${encodeURIComponent(JSON.stringify({ limit: 50 }))}`,
  );
  const { result } = (await response.json()) as {
    result: { data: { activities: { action: string; outcome: string }[] } };
  };
  return result.data.activities;
}
