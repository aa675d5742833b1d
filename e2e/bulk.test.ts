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
const hasAll = await requirement("chromium");

const counted = (count: number) => `${count} ${count === 1 ? "object" : "objects"}`;

interface Row {
  id: string;
  kind: string;
  namespace: string;
  name: string;
  clusterSlug: string;
  suspended: boolean;
}
interface Preview {
  act: number;
  skip: number;
  clusters: { act: number }[];
}

describe.skipIf(!hasAll)("many objects at once, from the resources page", () => {
  let fleet: SimulatedFleet;
  let product: Product;
  let browser: TestBrowser;
  const ask = async <T>(procedure: string, input?: unknown): Promise<T> => {
    const asked = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const response = await fetch(`${product.url}/trpc/${procedure}${asked}`);
    return ((await response.json()) as { result: { data: T } }).result.data;
  };
  const tell = async <T>(procedure: string, input: unknown): Promise<T> => {
    const response = await fetch(`${product.url}/trpc/${procedure}`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify(input),
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { result: { data: T } }).result.data;
  };
  const rowsOf = async (filter: object) =>
    (await ask<{ rows: Row[] }>("resource.list", { ...filter, limit: 200 })).rows;
  const bar = (page: Page) => page.getByRole("region", { name: "Selection" });
  const open = async (query: string) => {
    const { page, errors } = await browser.page();
    await page.goto(`${product.url}/resources?q=${query}`);
    await page
      .getByRole("checkbox", { name: /^Select (?!all)/ })
      .first()
      .waitFor();
    return { page, errors };
  };
  /** Which of the counts of a run's page stands for a word. */
  const chip = (page: Page, name: RegExp) => page.getByRole("group", { name: "Result" }).getByRole("button", { name });
  const selectAll = (page: Page) =>
    bar(page)
      .getByRole("button", { name: /^Select all / })
      .click();
  const chooseAll = async (page: Page) => {
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await selectAll(page);
  };
  /** As somebody else would meanwhile. */
  const suspend = async ({ id, clusterSlug: cluster, kind, namespace, name }: Row, reason: string) => {
    await tell("resource.suspend", { cluster, kind, namespace, name, reason });
    await until("it is suspended", async () =>
      (await rowsOf({ kind: [kind], namespace: [namespace] })).some((row) => row.id === id && row.suspended),
    );
  };

  beforeAll(async () => {
    fleet = await startSimulatedFleet({ clusters: 3, objects: 100, rate: 0 });
    product = await startProduct();
    browser = await launchBrowser();
    for (const cluster of fleet.clusters)
      await tell("cluster.register", {
        ...{ name: cluster.name, environment: "production", labels: {} },
        kubeconfig: simulatedKubeconfig([cluster]),
      });
    await until("every cluster is read", async () => {
      const { clusters } = await ask<{ clusters: { stream: string }[] }>("fleet.summary");
      return clusters.length === 3 && clusters.every(({ stream }) => stream === "live");
    });
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await fleet?.stop();
  }, DEADLINE_MS);

  test(
    "are chosen by key, range and checkbox, counted, and let go of by Escape and by another query",
    async () => {
      const { page, errors } = await open("kind:Kustomization,HelmRelease");
      for (const key of ["j", "x", "j", "j", "X"]) await page.keyboard.press(key);
      await bar(page).getByText("3 selected").waitFor();
      expect(await page.locator("tr.sel").count()).toBe(3);
      const boxes = page.getByRole("checkbox", { name: /^Select (?!all)/ });
      await boxes.nth(5).click({ modifiers: ["Shift"] });
      await bar(page).getByText("6 selected").waitFor();
      await boxes.nth(0).click();
      await bar(page).getByText("5 selected").waitFor();
      expect(new URL(page.url()).searchParams.has("peek")).toBe(false);
      await page.getByRole("checkbox", { name: "Select all listed rows" }).click();
      const total = Number((await page.locator(".total b").textContent()) ?? "");
      expect(total).toBeGreaterThan(100);
      await bar(page).getByText("100 selected").waitFor();
      await selectAll(page);
      await bar(page).getByText(`All ${total} selected`).waitFor();
      await page.keyboard.press("Escape");
      await bar(page).waitFor({ state: "detached" });
      await page.keyboard.press("x");
      await bar(page).getByText("1 selected").waitFor();
      await page.getByRole("button", { name: /^Ready/ }).click();
      await bar(page).waitFor({ state: "detached" });
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "are reconciled as previewed; the run is followed, survives a reload, and is found again",
    async () => {
      const [suspended] = await rowsOf({ kind: ["Kustomization"] });
      await suspend(suspended!, "to be left out");
      const { page, errors } = await open("kind:Kustomization");
      const expected = await tell<Preview>("bulk.preview", {
        action: "reconcile",
        filter: { kind: ["Kustomization"] },
      });
      await chooseAll(page);
      await page.keyboard.press("r");
      const dialog = page.getByRole("dialog", { name: `Reconcile ${expected.act} objects` });
      await dialog.waitFor();
      const onClusters = expected.clusters.filter(({ act }) => act > 0).length;
      expect(await dialog.locator(".figs").textContent()).toBe(
        `Will be reconciled${expected.act}on ${onClusters} clusters Left out${expected.skip}for one reason`,
      );
      await dialog.getByText("It is suspended: its controller would not act on the request.").click();
      await dialog.getByRole("button", { name: `Reconcile ${expected.act} objects` }).click();
      await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
      const total = expected.act + expected.skip;
      await page.getByRole("heading", { name: `Reconcile ${total} objects` }).waitFor();
      await page.getByRole("status").getByText("Ended", { exact: true }).waitFor();
      await chip(page, new RegExp(`^Requested\\s*${expected.act}$`)).waitFor();
      await page.getByRole("cell", { name: "Requested" }).first().waitFor();
      await page.reload();
      await chip(page, new RegExp(`^Skipped\\s*${expected.skip}$`)).click();
      await page.getByRole("row").filter({ hasText: "Resume it first." }).first().waitFor();
      expect(await page.getByRole("row").count()).toBe(expected.skip + 1);
      const object = page.getByRole("row").nth(1).getByRole("link").first();
      expect(await object.getAttribute("href")).toMatch(/^\/clusters\/[^/]+\/kustomizations\//);

      await page.getByRole("link", { name: "Runs", exact: true }).click();
      await page.getByRole("link", { name: `Reconcile ${total} objects` }).click();
      await page.getByRole("heading", { name: `Reconcile ${total} objects` }).waitFor();
      await page.goto(`${product.url}/activity?action=bulk_reconcile`);
      await page
        .getByRole("link", { name: /^run of / })
        .first()
        .click();
      await page.getByRole("heading", { name: `Reconcile ${total} objects` }).waitFor();
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "are suspended with a reason, which stays, and not begun where something changed since the preview",
    async () => {
      const releases = Map.groupBy(await rowsOf({ kind: ["HelmRelease"] }), ({ namespace }) => namespace);
      const [namespace, inIt] = [...releases].toSorted(([, one], [, other]) => other.length - one.length)[0]!;
      const chosen = inIt.filter((row) => !row.suspended);
      expect(chosen.length).toBeGreaterThan(1);
      const { page } = await open(`kind:HelmRelease+namespace:${namespace}`);
      await chooseAll(page);
      await bar(page).getByRole("button", { name: "Suspend…" }).click();
      const dialog = page.getByRole("dialog");
      const button = (count: number) => dialog.getByRole("button", { name: `Suspend ${counted(count)}` });
      await button(chosen.length).click();
      await dialog.getByText("Write why, so that others know whether they may resume them.").waitFor();

      await suspend(chosen.at(-1)!, "somebody was quicker");
      await dialog.getByLabel("Reason").fill("moving the database");
      await dialog.getByLabel("Reason").press("Enter");
      await dialog.getByRole("alert").getByText("Something has changed since the preview").waitFor();
      await dialog.getByRole("button", { name: "Look again" }).click();
      await button(chosen.length - 1).click();
      await page.getByRole("status").getByText("Ended", { exact: true }).waitFor();
      await chip(page, new RegExp(`^Suspended\\s*${chosen.length - 1}$`)).waitFor();
      await page.getByRole("row").nth(1).getByRole("link").first().click();
      await page.getByText("moving the database").first().waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "are no more begun once the run is cancelled",
    async () => {
      const [cluster] = fleet.clusters;
      cluster!.setFaults({ hang: true });
      const { page } = await open(`cluster:${cluster!.name}`);
      await chooseAll(page);
      await page.keyboard.press("r");
      await page
        .getByRole("dialog")
        .getByRole("button", { name: /^Reconcile \d+ objects$/ })
        .click();
      await chip(page, /^Running\s*4$/).waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await chip(page, /^Not begun\s*\d+$/).waitFor();
      cluster!.setFaults({});
      cluster!.reset();
      await page
        .getByRole("status")
        .getByText(/^(Ended with failures|Cancelled)$/)
        .waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "that failed say why, and are tried again, they alone",
    async () => {
      const cluster = fleet.clusters[1]!;
      cluster.setFaults({ forbidden: ["GitRepository"] });
      const { page } = await open(`cluster:${cluster.name}+kind:GitRepository,Kustomization`);
      await chooseAll(page);
      await page.keyboard.press("r");
      await page
        .getByRole("dialog")
        .getByRole("button", { name: /^Reconcile \d+ objects$/ })
        .click();
      await page.getByRole("status").getByText("Ended with failures").waitFor();
      await chip(page, /^Failed/).click();
      const failed = Number(/\d+/.exec((await chip(page, /^Failed/).textContent()) ?? "")?.[0]);
      await until("only they are listed", async () => (await page.getByRole("row").count()) === failed + 1);
      expect(await page.getByRole("row").filter({ hasText: "GitRepository" }).count()).toBe(failed);
      cluster.setFaults({});
      await page.getByRole("button", { name: `Retry ${failed} failed…` }).click();
      const again = counted(failed);
      await page
        .getByRole("dialog", { name: `Reconcile ${again}` })
        .getByRole("button", { name: `Reconcile ${again}` })
        .click();
      await page.getByRole("heading", { name: `Reconcile ${again}` }).waitFor();
      await chip(page, new RegExp(`^Requested\\s*${failed}$`)).waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "are chosen on a phone too, and a run that is not there says so",
    async () => {
      const context = await browser.context
        .browser()!
        .newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
      const page = await context.newPage();
      await page.goto(`${product.url}/resources?q=kind:GitRepository`);
      await page.getByRole("button", { name: "Select", exact: true }).click();
      await page
        .getByRole("checkbox", { name: /^Select (?!all)/ })
        .first()
        .tap();
      await bar(page).getByText("1 selected").waitFor();
      await bar(page).getByRole("button", { name: "Reconcile…" }).tap();
      await page.getByRole("dialog").getByRole("button", { name: "Reconcile 1 object" }).tap();
      await page.getByRole("heading", { name: "Reconcile 1 object" }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await page.goto(`${product.url}/runs/00000000-0000-4000-8000-000000000000`);
      await page.getByRole("heading", { name: "There is no such run" }).waitFor();
      await context.close();
    },
    DEADLINE_MS,
  );
});
