import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import {
  installExtraCrds,
  installFluxCrds,
  type KubeApiserver,
  requirement,
  seedObjects,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 300_000;
const AXE = await Bun.file(createRequire(import.meta.url).resolve("axe-core/axe.min.js")).text();
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

/** How a page is looked at. */
const LOOKS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 320, height: 640 }, colorScheme: "dark", isMobile: true, hasTouch: true },
} as const;

/** Script that the first page may load, kB of gzip. */
const FIRST_LOAD_KB = 75;

describe.skipIf(!hasAll)("every page, light, dark and on a phone", () => {
  let apiserver: KubeApiserver;
  let product: Product;
  let browser: TestBrowser;
  const paths: string[] = [
    "/",
    "/resources",
    "/resources?q=readiness:failed",
    "/resources?q=nothing-like-this",
    "/clusters",
    "/clusters/prod-eu-1",
    "/activity",
    "/settings",
    "/clusters/nowhere",
  ];

  beforeAll(async () => {
    apiserver = await startKubeApiserver({ name: "prod-eu-1" });
    await installFluxCrds(apiserver);
    await installExtraCrds(apiserver);
    await seedObjects(apiserver, { count: 120, seed: 7 });
    product = await startProduct({ kubeconfig: apiserver.kubeconfigPath });
    browser = await launchBrowser();
    const call = async (procedure: string, input: unknown) =>
      (
        await fetch(`${product.url}/trpc/${procedure}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(input),
        })
      ).status;
    expect(
      await call("kubeconfig.importLocal", { contexts: [{ context: "prod-eu-1", environment: "production" }] }),
    ).toBe(200);
    const list = async () => {
      const response = await fetch(
        `${product.url}/trpc/resource.list?input=${encodeURIComponent(JSON.stringify({ limit: 200 }))}`,
      );
      return ((await response.json()) as { result: { data: { rows: Row[] } } }).result.data.rows;
    };
    const rows = await until("every object is there", async () => {
      const seen = await list();
      return seen.length >= 115 && seen;
    });
    // One object of every word, and the worst one's other tabs.
    for (const row of new Map(rows.toReversed().map((one) => [one.word, one])).values()) paths.push(pageOf(row));
    for (const tab of ["events", "history", "activity", "yaml"]) paths.push(`${pageOf(rows[0]!)}?tab=${tab}`);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await apiserver?.stop();
  }, DEADLINE_MS);

  test.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])(
    "shows itself without errors, shifts, sideways scrolling or barriers: %s",
    async (look) => {
      const context = await browser.context.browser()!.newContext(LOOKS[look]);
      const findings: string[] = [];
      for (const path of paths)
        findings.push(...(await lookAt(context, product.url + path)).map((finding) => `${path}: ${finding}`));
      await context.close();
      expect(findings).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "the first page loads little",
    async () => {
      const context = await browser.context.browser()!.newContext();
      const page = await context.newPage();
      const scripts = new Map<string, number>();
      const reads: Promise<void>[] = [];
      page.on("response", (response) => {
        if (response.request().resourceType() !== "script") return;
        reads.push(response.body().then((body) => void scripts.set(response.url(), gzipSync(body).length)));
      });
      await page.goto(product.url);
      await page.getByRole("heading", { name: "Fleet", exact: true }).waitFor();
      await Promise.all(reads);
      await context.close();
      const kb = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0) / 1000;
      console.log(`first load: ${scripts.size} scripts, ${kb.toFixed(1)} kB gzip`);
      expect(scripts.size).toBeGreaterThan(1);
      expect(kb).toBeLessThan(FIRST_LOAD_KB);
    },
    DEADLINE_MS,
  );
});

interface Row {
  kind: string;
  namespace: string;
  name: string;
  word: string;
}

const pageOf = ({ kind, namespace, name }: Row): string =>
  `/clusters/prod-eu-1/${kind.toLowerCase().replace(/y$/, "ie")}s/${namespace}/${name}`;

/** What is wrong with a page. */
async function lookAt(context: BrowserContext, address: string): Promise<string[]> {
  const page = await context.newPage();
  const findings: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") findings.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => findings.push(`exception: ${error.message}`));
  await page.addInitScript(WATCH_SHIFTS);
  await page.goto(address);
  await page.locator("h1").first().waitFor();
  await settled(page);
  const { shift, wide, title } = await page.evaluate(() => ({
    shift: (window as { shift?: number }).shift ?? 0,
    wide: document.documentElement.scrollWidth > window.innerWidth,
    title: document.title,
  }));
  if (shift > 0) findings.push(`layout shift ${shift.toFixed(4)}`);
  if (wide) findings.push("scrolls sideways");
  if (!/ · Flux Orchestrator$/.test(title)) findings.push(`title "${title}"`);
  await page.evaluate(AXE);
  const barriers = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(
      ({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 120)}`,
    );
  });
  findings.push(...barriers.map((barrier) => `axe ${barrier}`));
  await page.close();
  return findings;
}

/** Nothing on the page changed for half a second. */
function settled(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((done) => {
        const quiet = () => setTimeout(done, 500);
        let timer = quiet();
        new MutationObserver(() => {
          clearTimeout(timer);
          timer = quiet();
        }).observe(document.body, { childList: true, subtree: true });
        // What ticks for ever is not waited for.
        setTimeout(done, 5_000);
      }),
  );
}

const WATCH_SHIFTS = `
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
`;
