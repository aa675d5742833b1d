import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  applyObject,
  conditionOf,
  createObject,
  FAILING_POD_LABEL,
  type FluxCluster,
  getObject,
  type KubeObject,
  patchObject,
  requirement,
  startFluxCluster,
  untilObject,
  untilReady,
} from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

setDefaultTimeout(300_000);
const hasAll = (await requirement("flux")) && (await requirement("chromium"));
const NAMESPACE = "shop";
const INTERVAL_S = 30;
/** What the page may take to say that nobody reconciles. */
const TWO_INTERVALS_MS = 2 * INTERVAL_S * 1000;
const CONTROLLERS = ["source", "kustomize", "helm", "notification"] as const;

/** The controllers are processes here; beside them stand the Deployments they would run as. Each test goes on from the one before. */
describe.skipIf(!hasAll)("the Flux controllers of a cluster", () => {
  let cluster: FluxCluster;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  const failures = () => page.getByRole("region", { name: "Flux does not run" });
  const objectPage = `/clusters/shop-eu/kustomizations/${NAMESPACE}/app`;

  beforeAll(async () => {
    cluster = await startFluxCluster({ name: "shop-eu" });
    const { apiserver, git } = cluster;
    await applyObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    await git.commit("shop", { "app/config.yaml": configMap("v1") });
    for (const object of [gitRepository(git.url("shop")), kustomization()]) await applyObject(apiserver, object);
    await untilReady(apiserver, kustomization());
    for (const kind of CONTROLLERS) await createObject(apiserver, deployment(kind));
    for (const kind of CONTROLLERS) await untilAvailable(cluster, deployment(kind), "True");
    product = await startProduct({ kubeconfig: apiserver.kubeconfigPath });
    browser = await launchBrowser();
    ({ page } = await browser.page());
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await cluster?.stop();
  });

  test("while they run, the cluster's page lists them and everything is as declared", async () => {
    await page.goto(product.url);
    await page.getByRole("button", { name: "Import 1 cluster" }).click();
    await page.getByText("Everything is as declared").waitFor();
    await page.getByText(/^as of \d\d:\d\d$/).waitFor();
    await page.goto(`${product.url}/clusters/shop-eu`);
    await page.getByText("4 of 4 available").waitFor();
    await page.goto(product.url);
    await page.getByText("Everything is as declared").waitFor();
    expect(await failures().count()).toBe(0);
  });

  test("one that crashes is the first thing the fleet says, within two intervals of what it reconciles", async () => {
    const startedMs = performance.now();
    await cluster.controllers.kill("kustomize");
    await patchObject(cluster.apiserver, deployment("kustomize"), {
      spec: { template: { metadata: { labels: { [FAILING_POD_LABEL]: "yes" } } } },
    });
    await failures()
      .getByText("kustomize-controller in flux-system has 0 of 1 replicas: Kustomizations there are not reconciled.")
      .waitFor({ timeout: TWO_INTERVALS_MS });
    console.log(`controller stopped → fleet page says so: ${Math.round(performance.now() - startedMs)} ms`);
    expect(await page.getByText("Everything is as declared").count()).toBe(0);
    const first = page.getByRole("heading", { level: 2 }).first();
    expect(await first.textContent()).toBe("Flux does not run");
  });

  test("what it reconciles does not look fine, in lists and on its page; what others reconcile does", async () => {
    await page.goto(`${product.url}/resources?q=namespace:${NAMESPACE}`);
    const row = (kind: string) => page.getByRole("row").filter({ hasText: kind });
    await row("Kustomization").getByText("not reconciled", { exact: true }).waitFor();
    await row("Kustomization")
      .getByText(/^kustomize-controller is down\./)
      .waitFor();
    expect(await row("GitRepository").getByText("not reconciled").count()).toBe(0);
    await page.goto(product.url + objectPage);
    await page.getByText("Not reconciled: kustomize-controller is down.").waitFor();
    // Nobody did anything meanwhile: the object itself still says Ready.
    const { status } = await getObject(cluster.apiserver, kustomization());
    expect(conditionOf({ ...kustomization(), status }, "Ready")?.status).toBe("True");
    const response = await fetch(`${product.url}/api/v1/clusters`);
    expect(((await response.json()) as { status: string }[])[0]!.status).toBe("unhealthy");
  });

  test("an open page follows when it comes back, and takes up what was asked meanwhile", async () => {
    const commit = await cluster.git.commit("shop", { "app/config.yaml": configMap("v2") });
    await patchObject(cluster.apiserver, deployment("kustomize"), {
      spec: { template: { metadata: { labels: { [FAILING_POD_LABEL]: null } } } },
    });
    await cluster.controllers.start("kustomize");
    await page.getByText("Not reconciled: kustomize-controller is down.").waitFor({ state: "detached" });
    await page.locator(".ohead").getByText(commit.slice(0, 7)).first().waitFor();
  });

  test("all of them stopped on purpose is still said, on an open list too, and nothing of it looks fine", async () => {
    await page.goto(`${product.url}/resources?q=namespace:${NAMESPACE}`);
    await page.getByRole("row").filter({ hasText: "GitRepository" }).waitFor();
    const startedMs = performance.now();
    for (const kind of CONTROLLERS) {
      await cluster.controllers.kill(kind);
      await patchObject(cluster.apiserver, deployment(kind), { spec: { replicas: 0 } });
    }
    for (const [kind, controller] of [
      ["Kustomization", "kustomize-controller"],
      ["GitRepository", "source-controller"],
    ] as const) {
      const row = page.getByRole("row").filter({ hasText: kind });
      await row.getByText(new RegExp(`^${controller} is scaled to 0\\.`)).waitFor({ timeout: TWO_INTERVALS_MS });
    }
    console.log(`all controllers stopped → list says so: ${Math.round(performance.now() - startedMs)} ms`);
    await page.goto(product.url);
    await failures()
      .getByText(/^4 Flux controllers do not run/)
      .waitFor();
    await failures().getByText("2 not reconciled").waitFor();
  });
});

const untilAvailable = (cluster: FluxCluster, ref: KubeObject, status: "True" | "False") =>
  untilObject(cluster.apiserver, ref, (seen) => conditionOf(seen, "Available")?.status === status);

function deployment(kind: (typeof CONTROLLERS)[number]): KubeObject {
  const name = `${kind}-controller`;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "flux-system", labels: { "app.kubernetes.io/part-of": "flux" } },
    spec: {
      replicas: 1,
      // A failing pod replaces the good one at once.
      strategy: { type: "Recreate" },
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "manager", image: `ghcr.io/fluxcd/${name}:v1.9.5` }] },
      },
    },
  };
}

const gitRepository = (url: string): KubeObject => ({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "GitRepository",
  metadata: { name: "shop", namespace: NAMESPACE },
  spec: { interval: "2s", url, ref: { branch: "main" } },
});

const kustomization = (): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "app", namespace: NAMESPACE },
  spec: {
    interval: `${INTERVAL_S}s`,
    prune: true,
    path: "./app",
    sourceRef: { kind: "GitRepository", name: "shop" },
  },
});

const configMap = (version: string): string =>
  Bun.YAML.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "app", namespace: NAMESPACE },
    data: { version },
  });
