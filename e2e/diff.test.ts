import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { requirement } from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type DriftedShop, startDriftedShop } from "./drifted-shop.ts";

const DEADLINE_MS = 240_000;
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

describe.skipIf(!hasAll)("what differs from what was applied, on the object's page", () => {
  let shop: DriftedShop;
  let browser: TestBrowser;
  beforeAll(async () => {
    shop = await startDriftedShop();
    browser = await launchBrowser();
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  const objects = (page: Page) => page.getByRole("navigation", { name: "Compared objects" }).getByRole("link");
  const lines = (page: Page, path: string, hasText = "") =>
    page
      .getByRole("region", { name: `Difference of ${path}` })
      .locator("p")
      .filter({ hasText })
      .allTextContents();

  test(
    "of a HelmRelease stands by object and field, as Helm rendered it and as it is, by keyboard, and the address keeps it",
    async () => {
      const { page, errors } = await browser.page();
      await page.goto(`${shop.pageOf("helmreleases", "cache")}?tab=diff`);
      await page.getByRole("status").filter({ hasText: "2 of 4 objects differ" }).waitFor();
      await page.getByRole("heading", { name: "Deployment cache" }).waitFor();
      const field = page.getByRole("group").filter({ hasText: "spec.replicas" });
      expect(await field.locator("summary").textContent()).toMatch(/Changed.*spec\.replicas.*kubectl-edit \(Update\)/);
      expect(await lines(page, "spec.replicas")).toEqual(["-wanted: replicas: 1", "+on the cluster: replicas: 4"]);
      await page.getByText("What was applied does not have it: another field manager added it.").waitFor();

      await page.keyboard.press("j");
      await page.getByRole("heading", { name: "ConfigMap cache" }).waitFor();
      expect(new URL(page.url()).search).toBe("?tab=diff&object=%2FConfigMap%2Fshop%2Fcache");
      await page.getByText("It is not on the cluster.").waitFor();
      const config = page.getByRole("region", { name: 'Difference of data["redis.conf"]' });
      expect(await lines(page, 'data["redis.conf"]', "maxmemory")).toEqual([
        "-wanted:   maxmemory 1gb",
        "+on the cluster:   maxmemory 2gb",
      ]);
      expect(await config.getByText("setting-2 yes").count()).toBe(0);
      await config.getByRole("button", { name: "8 equal lines: show" }).click();
      await config.getByText("setting-2 yes").waitFor();

      await page.reload();
      await page.getByRole("heading", { name: "ConfigMap cache" }).waitFor();
      await page.getByRole("button", { name: "Fold all" }).click();
      await config.waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "All 4" }).click();
      await objects(page).filter({ hasText: "Secret cache" }).click();
      await page.getByText("Secrets are never read for this.").waitFor();
      expect(await page.content()).not.toContain("hunter2");
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "of a Kustomization is what somebody took over, and says that the source is not compared with and why; on phones too",
    async () => {
      const { page, errors } = await browser.page();
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${shop.pageOf("kustomizations", "store")}?tab=diff`);
      await page.getByText("Not compared with the source.").waitFor();
      await page.getByText("it would have to be built from its source").waitFor();
      await page.getByRole("status").filter({ hasText: "2 of 5 objects differ" }).waitFor();
      expect(await lines(page, "spec.replicas")).toEqual(["+on the cluster: replicas: 5"]);
      await page.getByText("If the source states it, the next reconcile puts it back.").waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await page.getByLabel("Compared object", { exact: true }).selectOption({ label: "ConfigMap gone · Missing" });
      await page.getByText("It was applied, and is not in the cluster now.").waitFor();
      await page.getByRole("button", { name: "All 5" }).click();
      await page.getByLabel("Compared object", { exact: true }).selectOption({ label: "ConfigMap store · No drift" });
      await page.getByText("No other field manager owns a field of it.").waitFor();
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "that cannot be read says so, keeps what was read before, and is read again when asked",
    async () => {
      const { page } = await browser.page();
      await page.route(/tree\.diff/, (route) => route.abort());
      await page.goto(`${shop.pageOf("helmreleases", "cache")}?tab=diff`);
      await page.getByRole("alert").getByText("The differences could not be read").waitFor();
      await page.unroute(/tree\.diff/);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name: "Deployment cache" }).waitFor();
      await page.route(/tree\.diff/, (route) => route.abort());
      await page.getByRole("button", { name: "Read again" }).click();
      await page.getByRole("alert").filter({ hasText: "Not read again: The server did not answer." }).waitFor();
      await page.getByRole("heading", { name: "Deployment cache" }).waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );
});
