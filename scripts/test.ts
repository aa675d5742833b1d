/** `bun run test [filter…]`: installs what is missing, runs every test, ends with `N passed, N failed, N skipped`. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "..");
const bun = process.execPath;
if (!existsSync(join(root, "node_modules"))) {
  const installed = spawnSync(bun, ["install", "--frozen-lockfile"], { cwd: root, stdio: "inherit" });
  if (installed.status !== 0) process.exit(installed.status ?? 1);
}
const filters = process.argv.slice(2);
const ran = spawnSync(bun, ["test", ...(filters.length > 0 ? filters : ["packages/contract", "packages/flux", "packages/db"])], {
  cwd: root,
  encoding: "utf8",
  env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" },
});
process.stderr.write(ran.stderr);
const count = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}`, "m").exec(ran.stderr)?.[1] ?? 0);
const [passed, failed, skipped] = [count("pass"), count("fail"), count("skip")];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(ran.status === 0 && passed > 0 ? 0 : 1);
