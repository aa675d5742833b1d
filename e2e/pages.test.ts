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
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 300_000;
const AXE = await Bun.file(createRequire(import.meta.url).resolve("axe-core/axe.min.js")).text();
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

/** How a page is looked at, and in which other colours then: they change nothing else. */
const LOOKS = {
  "light and dark": { viewport: { width: 1440, height: 900 }, colorScheme: "light", alsoIn: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 320, height: 640 }, colorScheme: "dark", isMobile: true, hasTouch: true },
} as const;
/** Pages at a time: each waits until it is still, which takes no processor. */
const AT_A_TIME = 2;

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
    "/runs",
    "/settings",
    "/settings/tokens",
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
    for (const tab of ["events", "history", "activity", "diff", "yaml"]) paths.push(`${pageOf(rows[0]!)}?tab=${tab}`);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await apiserver?.stop();
  }, DEADLINE_MS);

  test.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])(
    "shows itself without errors, shifts, sideways scrolling or barriers: %s",
    async (look) => {
      const { alsoIn, ...first }: Look = LOOKS[look];
      const context = await browser.context.browser()!.newContext(first);
      const findings: string[] = [];
      const left = paths.toReversed();
      const lookAtNext = async () => {
        for (let path = left.pop(); path !== undefined; path = left.pop())
          for (const finding of await lookAt(context, product.url + path, alsoIn)) findings.push(`${path}: ${finding}`);
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, lookAtNext));
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

type Look = BrowserContextOptions & { alsoIn?: "dark" };

/** What is wrong with a page, and then with its other colours. */
async function lookAt(context: BrowserContext, address: string, alsoIn: Look["alsoIn"]): Promise<string[]> {
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
  const { shift, shifted, wide, title } = await page.evaluate(() => ({
    shift: (window as { shift?: number }).shift ?? 0,
    shifted: (window as { shifted?: string[] }).shifted ?? [],
    wide: document.documentElement.scrollWidth > window.innerWidth,
    title: document.title,
  }));
  if (shift > SHIFT_MAX) findings.push(`layout shift ${shift.toFixed(4)} of ${shifted.join(", ")}`);
  if (wide) findings.push("scrolls sideways");
  if (!/ · Flux Orchestrator$/.test(title)) findings.push(`title "${title}"`);
  await page.evaluate(AXE);
  findings.push(...(await barriers(page)));
  if (alsoIn !== undefined) {
    // Nothing fades from one colour to the other while it is looked at.
    await page.emulateMedia({ colorScheme: alsoIn, reducedMotion: "reduce" });
    findings.push(...(await barriers(page, COLOUR_RULES)).map((barrier) => `${alsoIn}: ${barrier}`));
  }
  await page.close();
  return findings;
}

/** Those of axe that look at colours. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** What axe finds, by these rules or by all. */
async function barriers(page: Page, rules?: string[]): Promise<string[]> {
  const found = await page.evaluate(async (only) => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run(only === undefined ? {} : { runOnly: { type: "rule", values: only } });
    return violations.map(({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 120)}`);
  }, rules);
  return found.map((barrier) => `axe ${barrier}`);
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

/** A figure of the living fleet that gets a digit more moves what stands beside it by that much. */
const SHIFT_MAX = 0.001;
const WATCH_SHIFTS = `
  window.shift = 0;
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.shift += entry.value;
      for (const { node } of entry.sources) window.shifted.push((node?.outerHTML ?? "what is gone").slice(0, 80));
    }
  }).observe({ type: "layout-shift", buffered: true });
`;
