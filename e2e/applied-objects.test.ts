import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { requirement } from "@flux-orchestrator/testing";
import { type AppliedShop, startAppliedShop } from "./applied-shop.ts";
import { launchBrowser, type TestBrowser } from "./browser.ts";

const DEADLINE_MS = 240_000;
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

describe.skipIf(!hasAll)("what a Kustomization applied, on its page", () => {
  let shop: AppliedShop;
  let browser: TestBrowser;
  beforeAll(async () => {
    shop = await startAppliedShop();
    browser = await launchBrowser();
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  test(
    "stands in a tree that folds, and is narrowed to what is not healthy",
    async () => {
      const { page, errors } = await browser.page();
      await page.goto(`${shop.page}?tab=tree`);
      const lines = page.getByRole("tabpanel").getByRole("listitem");
      await lines.filter({ hasText: "ConfigMap gone Missing" }).last().waitFor();
      expect(await lines.count()).toBe(5);
      await page.getByRole("button", { name: "Not healthy 1" }).click();
      expect(await lines.count()).toBe(2);
      await page.getByRole("button", { name: "What is below Kustomization shop" }).press("Enter");
      expect(await lines.count()).toBe(1);
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "stands in the inventory with how it is",
    async () => {
      const { page, errors } = await browser.page();
      await page.goto(`${shop.page}?tab=inventory`);
      const rows = page.getByRole("region", { name: "Inventory" }).locator("tbody tr");
      await rows.filter({ hasText: "settings" }).filter({ hasText: "Available" }).waitFor();
      await rows.filter({ hasText: "web-0" }).filter({ hasText: "Running" }).waitFor();
      await page.getByRole("button", { name: "Not healthy 1" }).click();
      await rows.filter({ hasText: "gone" }).filter({ hasText: "Missing" }).waitFor();
      expect(await rows.count()).toBe(1);
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );
});
