import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { requirement } from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 240_000;
const hasAll = await requirement("chromium");

describe.skipIf(!hasAll)("API tokens, in the settings", () => {
  let product: Product;
  let browser: TestBrowser;
  const call = (path: string, token?: string, init: RequestInit = {}) =>
    fetch(`${product.url}/api/v1${path}`, {
      ...init,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const make = async (name: string, more: object = {}) => {
    const body = JSON.stringify({ name, permissions: ["cluster.read"], ...more });
    const answer = await call("/tokens", undefined, { method: "POST", body });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { id: string; token: string; prefix: string };
  };
  const open = async () => {
    const { page, errors } = await browser.page();
    await page.goto(`${product.url}/settings/tokens`);
    return { page, errors };
  };
  const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(`^${name} `) });
  /** Where a browser keeps what outlives a page. */
  const kept = async (page: Page) =>
    JSON.stringify([
      await page.evaluate(() => [location.href, history.state, { ...localStorage }, { ...sessionStorage }]),
      await page.context().storageState({ indexedDB: true }),
    ]);

  beforeAll(async () => {
    product = await startProduct();
    browser = await launchBrowser();
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  test(
    "one is made, told once until its reader has it, used, and refused when it is revoked",
    async () => {
      const { page, errors } = await open();
      await page.getByText("No API token").waitFor();
      await page.getByRole("button", { name: "New token" }).click();
      const form = page.getByRole("dialog", { name: "New API token" });
      await form.getByLabel("Name").fill("Deploy bot");
      await form.getByText("It must be 1 to 63 of a-z, 0-9, dot, dash, underscore.").waitFor();
      await form.getByText("At most 365 days").waitFor();
      expect(await form.getByLabel("Ends after, in days").inputValue()).toBe("90");
      await form.getByLabel("Ends after, in days").fill("366");
      await form.getByRole("button", { name: "Create token" }).click();
      await form.getByText("Choose at least one.").waitFor();
      await form.getByText("A whole number from 1. At most 365 days").waitFor();
      await form.getByLabel("Name").fill("deploy-bot");
      await form.getByLabel("Ends after, in days").fill("3");
      await form.getByRole("button", { name: "Read only" }).click();
      await form.getByRole("group", { name: "resource" }).getByLabel("reconcile").check();
      await form.getByRole("group", { name: "azure" }).getByLabel("read").uncheck();
      await page.keyboard.press("Enter");

      const told = page.getByRole("dialog", { name: "Token deploy-bot" });
      const token = (await told.locator("code").first().textContent()) ?? "";
      expect(token).toMatch(/^fxo_\w{42}$/);
      await told.getByRole("button", { name: "Copy token" }).click();
      await told.getByRole("button", { name: "Copied" }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
      await told.getByText(`curl ${product.url}/api/v1/clusters -H`).waitFor();
      // Neither Escape, however often, nor the cross, nor going back takes it away.
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await told.getByRole("alert").getByText("nobody can read it again").waitFor();
      await told.getByRole("button", { name: "Close" }).click();
      expect(await told.locator("code").first().textContent()).toBe(token);
      expect(await kept(page)).not.toContain(token);
      await told.getByLabel("I have stored the token").check();
      await told.getByRole("button", { name: "Done" }).click();
      await told.waitFor({ state: "detached" });
      expect(await page.content()).not.toContain(token);
      await row(page, "deploy-bot").getByText("In 2 d").waitFor();
      await row(page, "deploy-bot").getByText("resource: read, reconcile").waitFor();
      await row(page, "deploy-bot").getByText("never").waitFor();

      expect((await call("/clusters", token)).status).toBe(200);
      expect((await call("/azure/subscriptions", token)).status).toBe(403);
      await page.reload();
      await row(page, "deploy-bot").getByText("this hour").waitFor();

      await row(page, "deploy-bot").getByRole("button", { name: "Revoke deploy-bot" }).click();
      const dialog = page.getByRole("dialog", { name: "Revoke deploy-bot" });
      await dialog.getByText("Streams that are open with it end within 5 seconds.").waitFor();
      await dialog.getByRole("button", { name: "Revoke token" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByText("No usable API token").waitFor();
      expect((await call("/clusters", token)).status).toBe(401);
      await page.getByRole("button", { name: "Show the one that has ended" }).click();
      await row(page, "deploy-bot").getByText("Revoked").waitFor();
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "the one that leaked is found by the whole of it, of which the page keeps and sends only how it begins",
    async () => {
      const leaked = await make("leaked");
      const other = await make("other", { kind: "service" });
      const gone = await make("gone");
      expect((await call(`/tokens/${gone.id}`, undefined, { method: "DELETE" })).status).toBe(200);
      const { page, errors } = await open();
      const sent: string[] = [];
      page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
      await row(page, "other").getByText("service").waitFor();
      const find = page.getByRole("searchbox", { name: "Find a token" });
      await find.fill(`Authorization: Bearer ${leaked.token}`);
      await row(page, "other").waitFor({ state: "detached" });
      expect(await row(page, "leaked").count()).toBe(1);
      expect(await find.inputValue()).toBe(leaked.prefix);
      await find.fill(gone.token);
      await page.getByRole("button", { name: "Show the one that has ended" }).click();
      await row(page, "gone").getByText("Revoked").waitFor();
      await find.fill(`fxo_${"0".repeat(42)}`);
      await page.getByText("No token is called or begins like “fxo_00000000”").waitFor();
      const secrets = [leaked, other, gone].map(({ token }) => token.slice(12));
      const seen = `${await kept(page)}${await page.content()}${sent.join("")}`;
      expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    },
    DEADLINE_MS,
  );

  test(
    "a name that was given, a list that cannot be read and one that is nobody's say so",
    async () => {
      await make("taken");
      const { page } = await open();
      await page.getByRole("button", { name: "New token" }).click();
      const form = page.getByRole("dialog", { name: "New API token" });
      await form.getByLabel("Name").fill("taken");
      await form.getByRole("button", { name: "Everything" }).click();
      await form.getByRole("button", { name: "Create token" }).click();
      await form.getByRole("alert").getByText("There is, or was, a token of that name.").waitFor();
      await page.keyboard.press("Escape");
      await form.waitFor({ state: "detached" });
      // As a browser acts that shows a token which may not do this, or none that there is.
      const { token } = await make("reader", { permissions: ["resource.read"] });
      await page.route("**/trpc/**", (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token}` } }),
      );
      await page.reload();
      await page.getByRole("button", { name: "New token" }).click();
      await form.getByRole("alert").waitFor();
      expect(await form.getByRole("alert").textContent()).toContain("role.read");
      await page.unroute("**/trpc/**");
      await page.route("**/trpc/token.list**", (route) => route.abort());
      await page.reload();
      await page.getByRole("alert").getByText("The tokens could not be loaded").waitFor();
      await page.unroute("**/trpc/token.list**");
      await page.getByRole("button", { name: "Try again" }).click();
      await row(page, "taken").waitFor();
      await page.close();
    },
    DEADLINE_MS,
  );
});
