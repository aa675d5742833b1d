import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { requirement, until } from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { type AppliedShop, NAMESPACE, startAppliedShop } from "./applied-shop.ts";
import { launchBrowser, type TestBrowser } from "./browser.ts";

const DEADLINE_MS = 240_000;
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

/** A line of the minute `minute`, and what it says. */
const line = (minute: number, text: string) => ({
  at: new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString(),
  text,
});

describe.skipIf(!hasAll)("logs of what a Kustomization applied", () => {
  let shop: AppliedShop;
  let browser: TestBrowser;
  beforeAll(async () => {
    shop = await startAppliedShop();
    browser = await launchBrowser();
    const write = (container: string, lines: { at: string; text: string }[]) =>
      shop.kubelet.write(`${NAMESPACE}/${container}`, lines);
    write("web-0/app", [
      ...Array.from({ length: 300 }, (_, at) => line(at, `INFO request ${at}`)),
      line(300, "ERROR no answer of https://user:hunter2-hunter2@db.example/x"),
      line(301, "    at connect"),
    ]);
    write("web-0/proxy", [line(2, "WARN of the proxy"), line(400, "INFO of the proxy")]);
    write("web-1/app", [line(1, "INFO of the other pod")]);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  const log = (page: Page) => page.getByRole("log");
  const choose = (page: Page, what: string, value: string) =>
    page.getByLabel(what, { exact: true }).selectOption(value);
  const openLogs = async () => {
    const { page, errors } = await browser.page();
    await page.goto(`${shop.page}?tab=logs`);
    await log(page).waitFor();
    return { page, errors };
  };

  test(
    "of all pods stand by time, are narrowed by level, and go into a file that masks what the page masks",
    async () => {
      const { page, errors } = await openLogs();
      await log(page).getByText("INFO of the proxy").waitFor();
      await page.getByText("Up to 3 containers are followed; these are 4").waitFor();
      expect(await log(page).locator(".rows b").last().textContent()).toBe("web-0/proxy");
      await page.getByRole("button", { name: "Errors", exact: true }).click();
      await log(page).getByText("at connect").waitFor();
      expect(await log(page).locator(".rows p").count()).toBe(2);
      await page.getByRole("button", { name: "Warnings", exact: true }).click();
      await log(page).getByText("WARN of the proxy").waitFor();
      const downloading = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download" }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toMatch(/^shop-eu-shop-shop-\d{4}-\d\d-\d\dT\d{6}\.log$/);
      expect(await Bun.file(await download.path()).text()).toBe(
        [
          "2026-01-02T03:02:00.000Z shop/web-0/proxy WARN of the proxy",
          "2026-01-02T08:00:00.000Z shop/web-0/app ERROR no answer of https://⟦masked⟧@db.example/x",
          "2026-01-02T08:01:00.000Z shop/web-0/app     at connect\n",
        ].join("\n"),
      );
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "of one container are followed; who scrolls up stays there and asks for what came since",
    async () => {
      const { page, errors } = await openLogs();
      await choose(page, "Pod", `${NAMESPACE}/web-0`);
      await choose(page, "Container", "app");
      await page.getByText("Following", { exact: true }).waitFor();
      shop.kubelet.write(`${NAMESPACE}/web-0/app`, [line(500, "INFO just now")]);
      await log(page).getByText("INFO just now").waitFor();

      await log(page).focus();
      await page.keyboard.press("Home");
      await log(page).getByText("INFO request 3", { exact: true }).waitFor();
      shop.kubelet.write(`${NAMESPACE}/web-0/app`, [line(501, "INFO while away"), line(502, "INFO the newest")]);
      await page.getByRole("button", { name: "2 new lines: show" }).waitFor();
      expect(await log(page).getByText("INFO request 3", { exact: true }).count()).toBe(1);
      await page.getByRole("button", { name: "2 new lines: show" }).click();
      await log(page).getByText("INFO the newest").waitFor();

      await page.keyboard.press("f");
      await page.getByText("Not followed").waitFor();
      await until("nobody follows", () => shop.kubelet.following === 0);
      shop.kubelet.write(`${NAMESPACE}/web-0/app`, [line(503, "INFO meanwhile")]);
      await page.keyboard.press("f");
      await log(page).getByText("INFO meanwhile").waitFor();
      expect(await log(page).getByText("INFO the newest").count()).toBe(1);

      expect(new URL(page.url()).search).toBe("?tab=logs&pod=shop/web-0&container=app");
      await page.reload();
      await log(page).getByText("INFO meanwhile").waitFor();
      expect(await page.getByLabel("Container", { exact: true }).inputValue()).toBe("app");
      await page.goto(`${shop.page}?tab=logs&pod=shop/gone`);
      await log(page).getByText("Pod shop/gone is not there now: choose another.").waitFor();
      expect(errors).toEqual([]);
      await page.close();
      await until("nobody follows", () => shop.kubelet.following === 0);
    },
    DEADLINE_MS,
  );

  test(
    "are searched by keyboard: what is found is counted, marked and gone through",
    async () => {
      const { page, errors } = await openLogs();
      await choose(page, "Pod", `${NAMESPACE}/web-0`);
      await choose(page, "Container", "app");
      await log(page).getByText("at connect").waitFor();
      const search = page.getByLabel("Search the lines");
      await search.fill("REQUEST 29");
      await page.getByText("11 lines", { exact: true }).waitFor();
      expect(await log(page).locator("mark").first().textContent()).toBe("request 29");
      await search.press("Enter");
      await page.getByText("1 of 11").waitFor();
      await log(page).locator("p.on").filter({ hasText: "INFO request 29" }).waitFor();
      await search.press("Shift+Enter");
      await page.getByText("11 of 11").waitFor();
      await log(page).locator("p.on").filter({ hasText: "INFO request 299" }).waitFor();
      await search.press("Escape");
      await until("nothing is marked", async () => (await log(page).locator("mark").count()) === 0);
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "are most of a phone's screen, rarer choices behind a button",
    async () => {
      const { page } = await browser.page();
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${shop.page}?tab=tree`);
      await page
        .getByRole("listitem")
        .filter({ hasText: "Pod web-0" })
        .last()
        .getByRole("link", { name: "Logs" })
        .click();
      await log(page).getByText("INFO of the proxy").waitFor();
      const box = await log(page).boundingBox();
      expect(box?.height).toBe(600);
      expect(
        await page
          .getByRole("tab", { name: "Logs" })
          .evaluate((tab) => tab.getBoundingClientRect().right <= innerWidth),
      ).toBe(true);
      await page.getByRole("button", { name: "Options" }).click();
      await page.getByRole("button", { name: "Errors", exact: true }).click();
      await log(page).getByText("ERROR no answer").waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "say why there are none",
    async () => {
      const { page } = await openLogs();
      await choose(page, "Pod", `${NAMESPACE}/web-1`);
      await choose(page, "Container", "app");
      await log(page).getByText("INFO of the other pod").waitFor();
      await page.getByRole("button", { name: "Errors", exact: true }).click();
      await log(page).getByText("No line is an error: 0 of 1.").waitFor();
      shop.kubelet.answer(`${NAMESPACE}/web-1/proxy`, () => new Response("waiting to start", { status: 400 }));
      await choose(page, "Container", "proxy");
      await page.getByRole("alert").getByText("The container proxy has no log yet").waitFor();
      await page.goto(shop.page.replace(/shop$/, "empty?tab=logs"));
      await page.getByRole("heading", { name: "No pod below this object" }).waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );
});
