/** What every command needs before anything else runs: built-ins only, because nothing is installed yet. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

export const root = resolve(import.meta.dir, "../..");
export const bun = process.execPath;
const INSTALLED = join(root, "node_modules/.installed-from");
const WEB = join(root, "apps/web");
const BUILT = join(WEB, "build/.built-from");
/** What the dashboard is made from. */
const WEB_SOURCES = ["apps/web", "packages/contract/src", "packages/flux/src", "bun.lock", "tsconfig.base.json"];
const NOT_SOURCES = new Set(["node_modules", "build", ".svelte-kit", ".turbo"]);

/**
 * The environment of every process we start. Bun reads the cap on open requests only when it starts (256 otherwise, and
 * a watch is an open request); under `npx bun` Bun need not be on the path.
 */
export const env = {
  ...process.env,
  BUN_CONFIG_MAX_HTTP_REQUESTS: process.env["BUN_CONFIG_MAX_HTTP_REQUESTS"] ?? "65535",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  PATH: `${dirname(bun)}${delimiter}${process.env["PATH"] ?? ""}`,
};

/** Installs exactly what the lock file says, unless that was done already. */
export function ensureInstalled(): void {
  const wanted = hashOf(["bun.lock", "package.json"]);
  if (readIfThere(INSTALLED) === wanted) return;
  step("installing dependencies", [bun, "install", "--frozen-lockfile"], root);
  writeFileSync(INSTALLED, wanted);
}

/** Builds the dashboard, unless what is there was built from the same sources. */
export function ensureDashboard(): void {
  const wanted = hashOf(WEB_SOURCES);
  if (readIfThere(BUILT) === wanted) return;
  step("preparing the dashboard", [bun, "--bun", module("@sveltejs/kit", "svelte-kit.js"), "sync"], WEB);
  step("building the dashboard", [bun, "--bun", module("vite", "bin/vite.js"), "build"], WEB);
  mkdirSync(dirname(BUILT), { recursive: true });
  writeFileSync(BUILT, wanted);
}

const module = (name: string, file: string): string => join(WEB, "node_modules", name, file);

/** One long step, said when it begins; what it prints is shown only when it fails. */
function step(what: string, [command = "", ...args]: string[], cwd: string): void {
  const startedMs = Date.now();
  process.stderr.write(`${what} …`);
  const ran = spawnSync(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  process.stderr.write(` ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
  if (ran.status === 0) return;
  process.stderr.write(`${ran.stdout ?? ""}${ran.stderr ?? ""}${ran.error?.message ?? ""}\n${what} failed\n`);
  process.exit(1);
}

const readIfThere = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** Names and contents of everything below these places. */
function hashOf(places: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (place: string): void => {
    const path = join(root, place);
    if (!existsSync(path)) return;
    const entries = readEntries(path);
    if (entries === undefined) hash.update(place).update(readFileSync(path));
    else for (const name of entries) add(join(place, name));
  };
  for (const place of places) add(place);
  return hash.digest("hex");
}

/** Names in a folder, in order; undefined for a file. */
function readEntries(path: string): string[] | undefined {
  try {
    return readdirSync(path)
      .filter((name) => !NOT_SOURCES.has(name))
      .sort();
  } catch {
    return undefined;
  }
}
