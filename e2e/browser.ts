import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

/** A real Chromium with a profile of its own. */
export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** A page that remembers what went wrong in it. */
  page(): Promise<TestPage>;
}

export interface TestPage {
  readonly page: Page;
  /** Errors of the console and of scripts, so far. */
  readonly errors: string[];
}

/** @param executablePath as `requirement("chromium")` found it */
export async function launchBrowser(
  options: { viewport?: { width: number; height: number }; args?: readonly string[] } = {},
): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "fo-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    headless: true,
    viewport: options.viewport ?? { width: 1440, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(options.args ?? []),
    ],
  });
  // The real controllers are slower on a busy machine than any page.
  context.setDefaultTimeout(60_000);
  return {
    context,
    async page() {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      return { page, errors };
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
