import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../processes/run.ts";
import type { Found } from "./cluster-tools.ts";

const WELL_KNOWN = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser of `CHROMIUM_PATH`, of the path or of a well-known place. */
export function findChromium(): Found<{ readonly path: string }> {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (existsSync(given)) return { ok: true, path: given };
    return { ok: false, reason: `CHROMIUM_PATH names ${given}, which does not exist` };
  }
  const path =
    WELL_KNOWN.find((file) => existsSync(file)) ??
    COMMANDS.map((name) => Bun.which(name)).find((file) => file !== null);
  if (path) return { ok: true, path };
  return { ok: false, reason: "no Chromium or Chrome found; install one or set CHROMIUM_PATH" };
}

/** As `findChromium`, and installs Debian's package where that can be done without asking: as root, with apt. */
export async function ensureChromium(report: (line: string) => void): Promise<Found<{ readonly path: string }>> {
  const found = findChromium();
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version") && Bun.which("apt-get") !== null;
  if (found.ok || process.env.CHROMIUM_PATH || !canInstall) return found;
  try {
    report("installing Chromium with apt-get");
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run([join("/usr/bin", "apt-get"), "update"], { env });
    await run(["/usr/bin/apt-get", "install", "-y", "--no-install-recommends", "chromium"], { env });
  } catch (error) {
    return { ok: false, reason: `${found.reason}; apt-get failed: ${lastLine(error)}` };
  }
  return findChromium();
}

function lastLine(error: unknown): string {
  return String(error).trimEnd().split("\n").at(-1) ?? "";
}
