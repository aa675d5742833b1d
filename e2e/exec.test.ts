import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  installFluxCrds,
  type KubeApiserver,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const DEADLINE_MS = 240_000;
const TOKEN = "token-of-the-login-program";
const hasAll = (await requirement("kube-apiserver")) && (await requirement("chromium"));

/** Most people's own kubeconfigs log in by a program. */
describe.skipIf(!hasAll)("a context that logs in by a program", () => {
  let apiserver: KubeApiserver;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let folder: string;
  const runs = () =>
    existsSync(join(folder, "runs")) ? readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1 : 0;

  /** Prints a token that ends in a minute and a half, and leaves a line for each run. */
  function writeProgram(comment: string): string {
    const program = join(folder, "login");
    writeFileSync(
      program,
      `#!/bin/sh
# ${comment}
echo "$1" >> ${folder}/runs
ends=$(date -u -d '+63 seconds' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v+63S +%Y-%m-%dT%H:%M:%SZ)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${TOKEN}","expirationTimestamp":"%s"}}' "$ends"
`,
    );
    chmodSync(program, 0o755);
    return program;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fo-exec-"));
    apiserver = await startKubeApiserver({
      name: "corp",
      tokens: [{ token: TOKEN, user: "me", groups: ["system:masters"] }],
    });
    await installFluxCrds(apiserver);
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: writeProgram("first"),
      args: ["get-token; echo not a shell"],
      interactiveMode: "IfAvailable",
    };
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, apiserver.kubeconfig({ user: { exec } }));
    product = await startProduct({ kubeconfig });
    browser = await launchBrowser();
    ({ page } = await browser.page());
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await product?.[Symbol.asyncDispose]();
    await apiserver?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }, DEADLINE_MS);

  const problem = async () => {
    const response = await fetch(`${product.url}/trpc/cluster.list`);
    const { result } = (await response.json()) as {
      result: { data: { stream: string; problem: { code: string } | null }[] };
    };
    return result.data[0];
  };

  test(
    "is run only after the code from the terminal, and then as it was shown",
    async () => {
      await page.goto(product.url);
      await page.getByRole("button", { name: "Allow it on this computer?" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("get-token; echo not a shell").first().waitFor();
      expect(runs()).toBe(0);
      await dialog.getByRole("button", { name: "Print the code" }).click();
      const code = await until(
        "the code is on the terminal",
        () => /Code ([2-9A-HJ-NP-Z]{6}) allows the context corp/.exec(product.output())?.[1],
      );
      expect(await page.content()).not.toContain(code);
      await dialog.getByLabel("Code from the terminal").fill(code.toLowerCase());
      await dialog.getByRole("button", { name: "Allow", exact: true }).click();
      await page.getByRole("button", { name: "Import 1 cluster" }).click();
      await page.getByRole("heading", { name: "Fleet", exact: true }).waitFor();
      await until("the cluster is live", async () => (await problem())?.stream === "live");
      expect(readFileSync(join(folder, "runs"), "utf8")).toMatch(/^(get-token; echo not a shell\n)+$/);
    },
    DEADLINE_MS,
  );

  test(
    "is run again when its token ends, while the cluster is watched",
    async () => {
      const before = runs();
      await until("it ran again", async () => {
        await fetch(`${product.url}/trpc/cluster.probe`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ cluster: "corp" }),
        });
        return runs() > before;
      });
      expect((await problem())?.stream).toBe("live");
    },
    DEADLINE_MS,
  );

  test(
    "asks again when the program is another one",
    async () => {
      writeProgram("second, of another size");
      const before = runs();
      await until("the cluster says what is wrong", async () => {
        await fetch(`${product.url}/trpc/cluster.probe`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ cluster: "corp" }),
        });
        return (await problem())?.problem?.code === "CLUSTER_AUTH";
      });
      expect(runs()).toBe(before);
    },
    DEADLINE_MS,
  );
});
