import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createObject, getObject, type KubeObjectRef, patchObject, requirement } from "@flux-orchestrator/testing";
import type { Locator, Page } from "playwright-core";
import { NAMESPACE } from "./applied-shop.ts";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type DriftedShop, startDriftedShop } from "./drifted-shop.ts";

const DEADLINE_MS = 240_000;
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));
const metadata = { namespace: NAMESPACE, name: "store" };
const STORE: KubeObjectRef = { apiVersion: "apps/v1", kind: "Deployment", metadata };
const KUSTOMIZATION: KubeObjectRef = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization", metadata };

describe.skipIf(!hasAll)("changing by hand what lives", () => {
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

  // biome-ignore lint/suspicious/noExplicitAny: what is asked is what is looked at.
  const specOf = async (ref: KubeObjectRef): Promise<any> => (await getObject(shop.apiserver, ref))["spec"];
  const openTree = async () => {
    const { page, errors } = await browser.page();
    await page.goto(`${shop.pageOf("kustomizations", "store")}?tab=tree`);
    return { page, errors };
  };
  const menu = (page: Page) => page.getByRole("button", { name: "Actions on Deployment store" });
  const act = async (page: Page, verb: string) => {
    await menu(page).click();
    await page.getByRole("button", { name: verb }).click();
    return page.getByRole("dialog");
  };
  const replace = async (dialog: Locator, before: string, after: string) => {
    const text = dialog.getByLabel("spec, as YAML or JSON");
    const was = await text.inputValue();
    expect(was).toContain(before);
    await text.fill(was.replace(before, after));
  };

  test(
    "a workload is scaled from the tree, by keyboard, and an autoscaler is not overruled unasked",
    async () => {
      const { page, errors } = await openTree();
      await menu(page).focus();
      await page.keyboard.press("Enter");
      await page.locator("button:focus").filter({ hasText: "Scale…" }).waitFor();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog", { name: "Scale Deployment store on shop-eu" });
      await dialog.getByText("It asks for 5 now.").waitFor();
      await dialog.getByText("Kustomization shop/store applies this Deployment.").waitFor();
      await dialog.getByLabel("Replicas").fill("many");
      await page.keyboard.press("Enter");
      await dialog.getByText("Write a whole number from 0 to 100,000.").waitFor();
      await dialog.getByLabel("Replicas").fill("0");
      await dialog.getByText("With 0 replicas none of its pods is left.").waitFor();
      await dialog.getByLabel("Replicas").fill("3");
      await page.keyboard.press("Enter");
      await page.getByText("store scaled from 5 to 3").waitFor();
      await dialog.waitFor({ state: "detached" });
      expect((await specOf(STORE)).replicas).toBe(3);
      expect(await menu(page).evaluate((button) => button === document.activeElement)).toBe(true);

      await createObject(shop.apiserver, {
        ...{ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata },
        spec: { maxReplicas: 9, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "store" } },
      });
      await act(page, "Scale…");
      await dialog.getByText("It asks for 3 now.").waitFor();
      await dialog.getByLabel("Replicas").fill("4");
      await dialog.getByRole("button", { name: "Scale", exact: true }).click();
      await dialog.getByRole("alert").getByText("The HorizontalPodAutoscaler store decides").waitFor();
      expect((await specOf(STORE)).replicas).toBe(3);
      await dialog.getByRole("button", { name: "Scale all the same" }).click();
      await page.getByText("store scaled from 3 to 4").waitFor();
      // Refused once: the browser tells of every answer that is none.
      expect(errors.filter((error) => !error.includes("409"))).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "a workload is restarted from the tree",
    async () => {
      const { page, errors } = await openTree();
      const dialog = await act(page, "Restart…");
      await dialog.getByText("kubectl --context shop-eu -n shop rollout restart deployment/store").waitFor();
      await dialog.getByRole("button", { name: "Restart", exact: true }).click();
      await page.getByText("store restarts").waitFor();
      const { annotations } = (await specOf(STORE)).template.metadata;
      expect(Object.keys(annotations)).toEqual(["kubectl.kubernetes.io/restartedAt"]);
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "a spec is edited as text, looked at as a diff, and what is masked stays what it is",
    async () => {
      const { page, errors } = await browser.page();
      await page.goto(`${shop.pageOf("kustomizations", "store")}?tab=yaml`);
      await page.getByRole("button", { name: "Edit spec…" }).click();
      const dialog = page.getByRole("dialog", { name: "Edit the spec of Kustomization store on shop-eu" });
      await dialog.getByText("leave ⟦masked⟧ where it is to keep the value").waitFor();
      await dialog.getByRole("button", { name: "Review change" }).click();
      await dialog.getByText("Nothing is changed.").waitFor();
      const text = dialog.getByLabel("spec, as YAML or JSON");
      const was = await text.inputValue();
      await text.fill("interval: [1m");
      await dialog.getByText(/^Line \d: /).waitFor();
      await text.fill(was);
      await replace(dialog, "substitute:\n", "substitute:\n    color: blue\n");
      await replace(dialog, "interval: 10m", "interval: 5m");
      await dialog.getByRole("button", { name: "Review change" }).click();
      await dialog.getByText("Writes spec.interval, spec.postBuild if the object is still as it was read.").waitFor();
      expect(await dialog.locator(".udiff .d").allTextContents()).toEqual(["-as it is: interval: 10m"]);
      await page.keyboard.press("Escape");
      await dialog.getByText("Your change is not saved. Close once more to drop it.").waitFor();
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.getByText("spec.interval, spec.postBuild on shop-eu").waitFor();
      expect(await specOf(KUSTOMIZATION)).toMatchObject({
        ...{ interval: "5m", prune: true },
        postBuild: { substitute: { color: "blue", password: "hunter2-hunter2" } },
      });
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "an edit that somebody else was quicker than is refused in words, and put on what the object is now",
    async () => {
      const { page } = await openTree();
      const dialog = await act(page, "Edit spec…");
      await dialog.getByText("Kustomization shop/store applies this object.").waitFor();
      await replace(dialog, "revisionHistoryLimit: 10", "revisionHistoryLimit: 3");
      await replace(dialog, "progressDeadlineSeconds: 600", "progressDeadlineSeconds: 60");
      await dialog.getByRole("button", { name: "Review change" }).click();
      await patchObject(shop.apiserver, STORE, { spec: { paused: true, progressDeadlineSeconds: 90 } });
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByRole("alert").getByText("The object was changed by somebody else meanwhile").waitFor();
      await dialog.getByRole("button", { name: "Put mine on it" }).click();
      await dialog.getByText("Of spec.progressDeadlineSeconds the text has yours; saving overwrites theirs.").waitFor();
      expect(await dialog.locator(".udiff .d").allTextContents()).toEqual([
        "-as it is: revisionHistoryLimit: 10",
        "-as it is: progressDeadlineSeconds: 90",
      ]);
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.getByText("store changed").waitFor();
      expect(await specOf(STORE)).toMatchObject({ paused: true, revisionHistoryLimit: 3, progressDeadlineSeconds: 60 });

      await act(page, "Edit spec…");
      await replace(dialog, "revisionHistoryLimit: 3", "revisionHistoryLimit: lots");
      await dialog.getByRole("button", { name: "Review change" }).click();
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByRole("alert").waitFor();
      await dialog.getByRole("button", { name: "Back to the text" }).click();
      expect(await dialog.getByLabel("spec, as YAML or JSON").inputValue()).toContain("revisionHistoryLimit: lots");
      await page.close();
    },
    DEADLINE_MS,
  );
});
