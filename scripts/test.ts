/**
 * `bun run test [filter…]`: installs, builds and finds what is missing, runs every test, and ends with the line
 * `N passed, N failed, N skipped`. Just before it stand the slowest files and each failure with its error: where only the
 * end of a long log is kept, that is what is needed. Filters are parts of paths, as for `bun test`.
 *
 * Light files run in parallel, with `bun run verify` beside them. Files that start a cluster (`*.cluster.test.ts`) and
 * the end-to-end files run in processes of their own, two at a time: each waits most of its time for what it started.
 * Benchmarks run last and alone.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { bun, ensureDashboard, ensureInstalled, env, root } from "./lib/prepare.ts";
import { readTestReport, type TestFailure, type TestReport } from "./lib/test-report.ts";

/** Tests wait generously; how long something takes is a benchmark's matter. */
const TEST_TIMEOUT_MS = 180_000;
const PARALLEL = 2;
/** A real API server sends a bookmark every minute. */
const LONGEST = "packages/k8s/src/contract.cluster.test.ts";
/** Watches for shifts of every page while it loads, two at a time by itself. */
const ALONE = "e2e/pages.test.ts";
/** What is repeated at the end. */
const SHOWN = { failures: 10, linesOfEach: 40, slowFiles: 15 };

const startedMs = performance.now();
const filters = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
const reasons: string[] = [];
const stages: string[] = [];
const failures: TestFailure[] = [];
const files: TestReport["files"][number][] = [];
/** Where the prerequisites are, for the processes that test. */
let found: Record<string, string> = {};

ensureInstalled();
ensureDashboard();

const chosen = testFiles().filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)));
const isEndToEnd = (file: string) => file.startsWith("e2e/");
const isHeavy = (file: string) => isEndToEnd(file) || file.endsWith(".cluster.test.ts");
const heavy = chosen.filter((file) => isHeavy(file) && file !== ALONE);
const alone = chosen.filter((file) => file === ALONE);
const light = chosen.filter((file) => !isHeavy(file));
const isWhole = filters.length === 0;

if (heavy.length + alone.length > 0) await stage("prerequisites", preparePrerequisites);
if (light.length > 0)
  await stage("light files", () =>
    Promise.all([test(light, { options: [`--parallel=${PARALLEL}`] }), isWhole ? verify() : undefined]),
  );
if (heavy.length > 0)
  await stage("heavy files", async () => {
    // Those that take longest come first, so that nothing long is left for the end: they are taken from the list's end.
    const rank = (file: string) => (file === LONGEST ? 2 : isEndToEnd(file) ? 1 : 0);
    const left = heavy.toSorted((one, other) => rank(one) - rank(other));
    const inTurn = async () => {
      for (let file = left.pop(); file !== undefined; file = left.pop()) await test([file], { isQuiet: true });
    };
    await Promise.all(Array.from({ length: PARALLEL }, inTurn));
  });
for (const file of alone) await stage(file, () => test([file], {}));
if (isWhole && process.env["CI"] === "true") await stage("benchmarks", holdRatios);

showSlowest();
showFailures();
console.log(`took ${Math.round((performance.now() - startedMs) / 1000)} s: ${stages.join(", ")}`);
for (const reason of reasons) console.log(reason);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed + total.skipped > 0 ? 0 : 1);

function testFiles(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return /^(node_modules|dist|build|\.svelte-kit)$/.test(entry.name) ? [] : below(path);
      return entry.name.endsWith(".test.ts") ? [path] : [];
    });
  return ["packages", "apps", "scripts", "e2e"].flatMap(below).sort();
}

/** Says how long each stage takes, so that it can be seen where the time goes. */
async function stage(name: string, run: () => Promise<unknown>): Promise<void> {
  const sinceMs = performance.now();
  await run();
  stages.push(`${name} ${Math.round((performance.now() - sinceMs) / 1000)} s`);
}

/** Format, lint, arrows, types, unused code, links: a failure counts as one. */
async function verify(): Promise<void> {
  const { code, output } = await runStep([bun, join(root, "scripts/verify.ts")], { isQuiet: true });
  if (code === 0) return;
  total.failed++;
  failures.push({ test: "bun run verify", lines: lastLines(output) });
  reasons.push("failed: bun run verify");
}

/** What the product costs against doubles of the same run must not be half of what is recorded; a failure counts as one. */
async function holdRatios(): Promise<void> {
  const { code, output } = await runStep([bun, join(root, "bench/run.ts"), "--gate"]);
  if (code === 0) total.passed++;
  else {
    total.failed++;
    failures.push({ test: "bun run bench --gate", lines: lastLines(output) });
    reasons.push("failed: bun run bench --gate");
  }
}

/** Found, built, downloaded or installed, with progress. What cannot be had is skipped with its reason; not in CI. */
async function preparePrerequisites(): Promise<void> {
  // Not before everything is installed.
  const { ensurePrerequisites } = await import("../packages/testing/src/prerequisites/ensure-prerequisites.ts");
  const { env: places, missing } = await ensurePrerequisites(["kube-apiserver", "flux", "chromium"], (line) =>
    console.log(line),
  );
  found = places;
  for (const { requirement, reason } of missing) reasons.push(`skipped what needs ${requirement}: ${reason}`);
  if (process.env["CI"] === "true") total.failed += missing.length;
}

async function test(
  paths: readonly string[],
  { options = [], isQuiet = false }: { options?: readonly string[]; isQuiet?: boolean },
): Promise<void> {
  const absolute = paths.map((path) => `./${relative(root, join(root, path))}`);
  const reports = mkdtempSync(join(tmpdir(), "fo-tests-"));
  const outfile = join(reports, "junit.xml");
  const ran = await runStep(
    [
      ...[bun, "test", ...options, "--timeout", String(TEST_TIMEOUT_MS)],
      ...["--reporter=junit", `--reporter-outfile=${outfile}`, ...absolute],
    ],
    { isQuiet },
  );
  const report = readTestReport(existsSync(outfile) ? readFileSync(outfile, "utf8") : undefined, ran.output);
  rmSync(reports, { recursive: true });
  files.push(...report.files);
  failures.push(...report.failures);
  // Killed, or ended by itself: the last it printed is all that is known.
  if (ran.code !== 0 && report.failures.length === 0)
    failures.push({ test: `${paths.join(" ")} ended with ${ran.code}`, lines: lastLines(ran.output) });
  const count = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}\\b`, "m").exec(ran.output)?.[1] ?? 0);
  const failed = count("fail");
  total.passed += count("pass");
  total.skipped += count("skip");
  // A file that could not even be loaded has no failing test.
  total.failed += Math.max(failed, ran.code === 0 ? 0 : 1);
  if (ran.code !== 0) reasons.push(`failed: ${paths.length === 1 ? paths[0] : "light files"}`);
}

function lastLines(output: string): string[] {
  return output.trimEnd().split("\n").slice(-SHOWN.linesOfEach);
}

function showSlowest(): void {
  const slowest = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, SHOWN.slowFiles);
  if (slowest.length > 1) console.log("slowest files:");
  if (slowest.length > 1)
    for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(8)} s  ${file}`);
}

function showFailures(): void {
  for (const { test: name, lines } of failures.slice(0, SHOWN.failures)) {
    console.log(`\nfailed: ${name}`);
    // What went wrong stands at the beginning of most errors, and at the end of those that quote what a process printed.
    const half = SHOWN.linesOfEach / 2;
    const cut = lines.length - SHOWN.linesOfEach;
    const shown = cut <= 0 ? lines : [...lines.slice(0, half), `… ${cut} lines …`, ...lines.slice(-half)];
    for (const line of shown) console.log(`    ${line}`);
  }
  if (failures.length > SHOWN.failures) console.log(`\n… and ${failures.length - SHOWN.failures} more failures`);
}

/** Shows what a step prints, and keeps it. A quiet one shows it at its end, so that what runs beside it does not come between. */
function runStep(
  [command = "", ...args]: string[],
  { isQuiet = false }: { isQuiet?: boolean } = {},
): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { cwd: root, env: { ...env, ...found }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (!isQuiet) process.stderr.write(text);
    });
  }
  return new Promise((done) =>
    child.once("close", (code) => {
      if (isQuiet) process.stderr.write(output);
      done({ code: code ?? 1, output });
    }),
  );
}
