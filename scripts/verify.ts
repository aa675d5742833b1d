/**
 * `bun run verify`: format, lint, arrows between packages, types, unused exports and dependencies, places that may
 * spawn, document links. Prints one line a check; exit 1 when one fails.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dir, "..");
const bun = process.execPath;
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  // Turbo and knip start `bun` by name; under `npx bun` it need not be on the path.
  PATH: `${dirname(bun)}:${process.env.PATH ?? ""}`,
};

if (!existsSync(join(root, "node_modules"))) run("install", [bun, "install", "--frozen-lockfile"]);

const checks: [name: string, check: () => boolean][] = [
  ["format and lint", () => run("format and lint", [bun, "x", "biome", "check", "--error-on-warnings", "."])],
  ["types", () => run("types", [bun, "x", "turbo", "run", "typecheck", "--output-logs=errors-only"])],
  ["unused exports and dependencies", () => run("unused", [bun, "x", "knip", "--no-progress"])],
  ["spawning places", spawnsOnlyWhereAllowed],
  ["document links", documentLinksResolve],
];

let failed = 0;
for (const [name, check] of checks) {
  const started = performance.now();
  const ok = check();
  if (!ok) failed++;
  console.log(`${ok ? "ok  " : "FAIL"}  ${name}  ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
process.exit(failed === 0 ? 0 : 1);

function run(name: string, command: string[]): boolean {
  const ran = Bun.spawnSync(command, { cwd: root, env, stdout: "pipe", stderr: "pipe" });
  if (ran.exitCode !== 0) console.error(`${name}:\n${ran.stdout.toString()}${ran.stderr.toString()}`);
  return ran.exitCode === 0;
}

/** Biome holds the imports of node:child_process; Bun's own globals need this look at the text. */
function spawnsOnlyWhereAllowed(): boolean {
  const allowed = /^(packages\/(db\/src\/embedded|k8s\/src\/local-exec|testing\/)|scripts\/|e2e\/|bench\/)/;
  const wrong = tracked(
    (file) => /\.(ts|svelte)$/.test(file) && !file.endsWith(".test.ts") && !allowed.test(file),
  ).filter((file) => /\bBun\.(spawn|spawnSync|\$)/.test(readFileSync(join(root, file), "utf8")));
  for (const file of wrong)
    console.error(`${file}: processes are spawned in packages/db/src/embedded and packages/k8s/src/local-exec only`);
  return wrong.length === 0;
}

/** Every relative link of a Markdown file leads to a file, and to a heading where it names one. */
function documentLinksResolve(): boolean {
  let broken = 0;
  for (const file of tracked((name) => name.endsWith(".md"))) {
    const text = readFileSync(join(root, file), "utf8").replace(/```[\s\S]*?```/g, "");
    for (const match of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [path = "", anchor] = match[1]!.split("#");
      const target = path === "" ? join(root, file) : resolve(root, dirname(file), path);
      const found = existsSync(target) && (anchor === undefined || headings(target).has(anchor));
      if (!found) {
        console.error(`${file}: link to ${match[1]} leads nowhere`);
        broken++;
      }
    }
  }
  return broken === 0;
}

function headings(file: string): Set<string> {
  const lines = readFileSync(file, "utf8").match(/^#+ .*$/gm) ?? [];
  return new Set(
    lines.map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replace(/ /g, "-"),
    ),
  );
}

function tracked(wanted: (file: string) => boolean): string[] {
  const listed = Bun.spawnSync(["git", "ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root });
  return listed.stdout
    .toString()
    .split("\n")
    .filter((file) => file !== "" && existsSync(join(root, file)) && wanted(file));
}
