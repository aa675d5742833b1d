/**
 * `bun run dev:cluster`: a real API server with real Flux controllers on this computer, until Ctrl-C.
 *
 *   --name NAME          context in the kubeconfig (default: dev)
 *   --kubeconfig PATH    where to write the kubeconfig (default: a temporary folder)
 *   --seed N             adds N varied Flux objects, in every readiness; the controllers leave them alone
 *   --seed-number N      which objects those are (default: 1): the same number gives the same ones
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dir, "..");
const usage = "bun run dev:cluster [--name NAME] [--kubeconfig PATH] [--seed N] [--seed-number N]";
const options = readOptions();
if (!existsSync(join(root, "node_modules"))) {
  const installed = spawnSync(process.execPath, ["install", "--frozen-lockfile"], { cwd: root, stdio: "inherit" });
  if (installed.status !== 0) process.exit(installed.status ?? 1);
}
// Only now, since packages import what is installed.
const { ensurePrerequisites, startDevCluster, untilAskedToStop } = await import("../packages/testing/src/index.ts");

const report = (line: string) => console.error(`… ${line}`);
const asked = untilAskedToStop();
const { missing } = await ensurePrerequisites(["flux"], report);
if (missing.length > 0) {
  for (const { requirement, reason } of missing) console.error(`${requirement} is missing: ${reason}`);
  process.exit(1);
}
const starting = startDevCluster(options, report);
const first = await Promise.race([asked, starting]).catch(fail);
const cluster = typeof first === "string" ? await starting.catch(fail) : first;
if (typeof first !== "string") {
  console.log(`
The cluster is up.

  kubeconfig   ${cluster.kubeconfigPath} (context ${options.name})
  git          ${cluster.gitUrl}

Look at it with kubectl or the flux CLI:

  export KUBECONFIG=${cluster.kubeconfigPath}

Change something, and watch Flux apply it within seconds:

  git clone ${cluster.gitUrl} && cd fleet
  git commit --allow-empty -m "Try" && git push

Kustomization reports fails on purpose, and report-mailer waits for it. Ctrl-C ends everything.
`);
}
report(`stopping: ${await asked}`);
await cluster.stop();
process.exit(0);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        name: { type: "string", default: "dev" },
        kubeconfig: { type: "string" },
        seed: { type: "string" },
        "seed-number": { type: "string", default: "1" },
      },
    });
    const count = values.seed === undefined ? undefined : wholeNumber("--seed", values.seed);
    const seed = wholeNumber("--seed-number", values["seed-number"]);
    return {
      name: values.name,
      ...(values.kubeconfig === undefined ? {} : { kubeconfigPath: resolve(values.kubeconfig) }),
      ...(count === undefined ? {} : { seeded: { count, seed } }),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${flag} takes a whole number, not '${text}'`);
  return Number(text);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
