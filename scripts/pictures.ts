/** `bun run pictures`: makes the README's pictures anew, of a seeded cluster. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchBrowser } from "../e2e/browser.ts";
import { root, startProduct } from "../e2e/product.ts";
import {
  installExtraCrds,
  installFluxCrds,
  seedObjects,
  startKubeApiserver,
  until,
} from "../packages/testing/src/index.ts";

const PAGES = [
  ["fleet-light", "light", "/"],
  ["object-dark", "dark", undefined],
] as const;

await using clusters = new AsyncDisposableStack();
const names = ["prod-eu-1", "prod-us-1", "staging-1"];
const contexts: object[] = [];
for (const [at, name] of names.entries()) {
  const apiserver = clusters.use(await startKubeApiserver({ name }));
  await installFluxCrds(apiserver);
  await installExtraCrds(apiserver);
  await seedObjects(apiserver, { count: 90 - at * 25, seed: at + 3 });
  contexts.push({
    kubeconfig: apiserver.kubeconfig(),
    name,
    environment: name.startsWith("prod") ? "production" : "staging",
  });
}
await using product = await startProduct();
const call = async (procedure: string, input?: unknown) => {
  const response = await fetch(`${product.url}/trpc/${procedure}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${procedure}: ${await response.text()}`);
};
for (const context of contexts) await call("cluster.register", context);
const rows = await until("every object is there", async () => {
  const query = encodeURIComponent(
    JSON.stringify({ kind: ["HelmRelease"], readiness: ["Failed", "Stalled", "Retrying"] }),
  );
  const response = await fetch(`${product.url}/trpc/resource.list?input=${query}`);
  const { result } = (await response.json()) as { result: { data: { rows: Record<string, string>[] } } };
  return result.data.rows.length > 1 && result.data.rows;
});
const release = rows[0]!;
const objectPath = `/clusters/${release["clusterSlug"]}/helmreleases/${release["namespace"]}/${release["name"]}`;

await using browser = await launchBrowser();
mkdirSync(join(root, "docs/pictures"), { recursive: true });
for (const [name, colorScheme, path] of PAGES) {
  const context = await browser.context.browser()!.newContext({ viewport: { width: 1280, height: 800 }, colorScheme });
  const page = await context.newPage();
  await page.goto(product.url + (path ?? objectPath));
  await page.locator("h1").first().waitFor();
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: join(root, `docs/pictures/${name}.png`) });
  await context.close();
  console.log(`docs/pictures/${name}.png`);
}
process.exit(0);
