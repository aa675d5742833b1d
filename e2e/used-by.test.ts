import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  requirement,
  type SimulatedFleet,
  simulatedKubeconfig,
  startSimulatedFleet,
  until,
} from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 240_000;
const CLUSTERS = 9;
const hasAll = await requirement("chromium");
/** Which every simulated cluster has, used by many. */
const SOURCE = { kind: "GitRepository", namespace: "flux-system", name: "flux-system" };

interface UsedBy {
  clusters: { clusterName: string; users: number }[];
  users: { row: { id: string; name: string; clusterName: string; word: string } }[];
}

describe.skipIf(!hasAll)("who uses an object, on the object's page", () => {
  let fleet: SimulatedFleet;
  let product: Product;
  let browser: TestBrowser;
  let home: string;
  const ask = async <T>(procedure: string, input?: unknown): Promise<T> => {
    const asked = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const response = await fetch(`${product.url}/trpc/${procedure}${asked}`);
    return ((await response.json()) as { result: { data: T } }).result.data;
  };
  const pageOf = (plural: string, name: string) => `${product.url}/clusters/${home}/${plural}/flux-system/${name}`;
  const panel = (page: Page) => page.getByRole("region", { name: "Used by" });
  const elsewhere = (page: Page) =>
    panel(page)
      .getByRole("list")
      .last()
      .getByRole("listitem")
      .filter({ hasNotText: / more$/ });

  beforeAll(async () => {
    fleet = await startSimulatedFleet({ clusters: CLUSTERS, objects: 200, rate: 0 });
    product = await startProduct();
    browser = await launchBrowser();
    for (const cluster of fleet.clusters) {
      const registered = await fetch(`${product.url}/trpc/cluster.register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          ...{ name: cluster.name, environment: "production", labels: {} },
          kubeconfig: simulatedKubeconfig([cluster]),
        }),
      });
      expect(registered.status).toBe(200);
    }
    home = fleet.clusters[0]!.name;
    await until("every cluster is read", async () => {
      const { clusters } = await ask<{ clusters: { stream: string }[] }>("fleet.summary");
      return clusters.length === CLUSTERS && clusters.every(({ stream }) => stream === "live");
    });
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await fleet?.stop();
  }, DEADLINE_MS);

  test(
    "its own cluster first, then the others, worst first, counted, each a link, page by page by keyboard",
    async () => {
      const { page, errors } = await browser.page();
      const here = await ask<UsedBy>("resource.usedBy", { ...SOURCE, cluster: home });
      const others = await ask<UsedBy>("resource.usedBy", { ...SOURCE, except: home, limit: 500 });
      const total = others.clusters.reduce((sum, { users }) => sum + users, 0);
      expect(others.clusters).toHaveLength(CLUSTERS - 1);
      expect(total).toBe(others.users.length);
      expect(total).toBeGreaterThan(58);

      await page.goto(pageOf("gitrepositories", SOURCE.name));
      await panel(page).getByRole("heading", { name: "Used by" }).waitFor();
      await panel(page)
        .getByRole("heading", { name: `In other clusters ${total}` })
        .waitFor();
      expect(await panel(page).locator("header").textContent()).toContain(String(here.users.length));
      const worst = others.users[0]!.row;
      const first = elsewhere(page).first();
      await first
        .filter({ hasText: worst.name })
        .filter({ hasText: worst.clusterName })
        .filter({ hasText: worst.word })
        .waitFor();
      expect(await first.getByRole("link").first().getAttribute("href")).toStartWith(`/clusters/${worst.clusterName}/`);

      const more = panel(page)
        .getByRole("button", { name: / more$/ })
        .last();
      for (const at of [8, 50]) {
        expect(await elsewhere(page).count()).toBe(at);
        await more.focus();
        await page.keyboard.press("Enter");
        await elsewhere(page).nth(at).waitFor();
        // Whoever goes on by keyboard is at the first line that is new.
        await until("the new line has the focus", () =>
          elsewhere(page)
            .nth(at)
            .getByRole("link")
            .first()
            .evaluate((link) => link === document.activeElement),
        );
      }
      expect(
        new Set(
          await elsewhere(page)
            .getByRole("link")
            .evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
        ).size,
      ).toBeGreaterThan(58);
      expect(errors).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "nothing refers to it: that is said of both",
    async () => {
      const { page } = await browser.page();
      await page.goto(pageOf("fluxinstances", "flux"));
      await panel(page).getByText("Nothing on this cluster refers to it.").waitFor();
      await panel(page).getByText("Nothing in other clusters refers to one of this name.").waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "when it cannot be asked for the panel says so alone, and asks again when told to",
    async () => {
      const { page } = await browser.page();
      await page.route(/resource\.usedBy/, (route) => route.abort());
      await page.goto(pageOf("gitrepositories", SOURCE.name));
      const failures = panel(page).getByRole("alert").filter({ hasText: "Who uses it could not be loaded" });
      await until("both lists say so", async () => (await failures.count()) === 2);
      await page.getByRole("heading", { name: "Conditions" }).waitFor();
      await page.unroute(/resource\.usedBy/);
      // Each asks for its own list, and goes with its failure.
      for (const left of [1, 0]) {
        await failures.first().getByRole("button", { name: "Try again" }).click();
        await until("one failure less is left", async () => (await failures.count()) === left);
      }
      await elsewhere(page).first().waitFor();
      expect(await panel(page).getByRole("alert").count()).toBe(0);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "a cluster that falls silent takes the tone from its lines while they are looked at",
    async () => {
      const { page } = await browser.page();
      await page.goto(pageOf("gitrepositories", SOURCE.name));
      await panel(page)
        .getByRole("heading", { name: /^In other clusters \d/ })
        .waitFor();
      const name = (await elsewhere(page).first().getByRole("link").last().textContent()) ?? "";
      const line = elsewhere(page).filter({ hasText: name }).first();
      expect(await line.textContent()).not.toContain("was ");
      await fleet.cluster(name).stop();
      await line.filter({ hasText: "was " }).waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );
});
