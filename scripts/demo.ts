/**
 * `bun run demo`: the product over a fleet of simulated clusters that live, until Ctrl-C. Nothing of yours is read and
 * nothing stays.
 *
 *   --clusters N    how many clusters (default: 60)
 *   --objects N     Flux objects of each (default: 200)
 *   --rate N        changes per second in the whole fleet (default: what intervals of ten minutes bring)
 *   --seed N        which fleet it is (default: 1): the same number gives the same one
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ClusterAddress } from "../packages/testing/src/index.ts";
import { ensureDashboard, ensureInstalled } from "./lib/prepare.ts";
import { runServer } from "./lib/server-process.ts";

const usage = "bun run demo [-- --clusters N] [--objects N] [--rate N] [--seed N]";
/** Clusters registered at once: their first lists compete with registering the others. */
const PARALLEL = 4;
/** Until a busy server is asked again. */
const RETRY_MS = 1_000;
const STAGES: Readonly<Record<string, string>> = {
  prod: "production",
  stage: "staging",
  dev: "development",
  edge: "edge",
};
const PORT_DEFAULT = 8080;

const options = readOptions();
ensureInstalled();
ensureDashboard();
// Only now, since packages import what is installed.
const { freePorts, simulatedKubeconfig, spawnSimulatedFleet, until } = await import("../packages/testing/src/index.ts");

const home = mkdtempSync(join(tmpdir(), "flux-orchestrator-demo-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));
say(`making up ${options.clusters} clusters of ${options.objects} objects`);
const fleet = await spawnSimulatedFleet(options);
const port = await freePort();
/** Somebody asked for the end, or the server ended by itself. */
let isOver = false;
const over = () => {
  isOver = true;
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, over);
const running = runServer({
  env: {
    FLUX_ORCHESTRATOR_HOME: home,
    FLUX_ORCHESTRATOR_SIMULATED: "1",
    FLUX_ORCHESTRATOR_MODE: "local",
    DATABASE_URL: "",
    ENCRYPTION_KEY: "",
    // The user's own is not offered for import here.
    KUBECONFIG: join(home, "no-kubeconfig"),
    PORT: String(port),
  },
}).finally(over);
await Promise.race([running, register()]).catch((error: unknown) => {
  // A server that is being stopped answers no more.
  if (isOver) return;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  // As Ctrl-C does: the server stops in order before its home goes.
  process.kill(process.pid, "SIGINT");
});
const code = await running;
await fleet.stop();
process.exit(process.exitCode ?? code);

/** Through the product's own operations, as a user would. */
async function register(): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  await until("the server is ready", async () => isOver || (await fetch(`${url}/healthz`, { keepalive: false })).ok);
  const clusters = await fleet.fleet.clusters();
  const waiting = clusters.values();
  let registered = 0;
  const work = async () => {
    for (const cluster of waiting) {
      if (isOver) return;
      while (!isOver && !(await registerOne(url, cluster))) await Bun.sleep(RETRY_MS);
      registered++;
      if (registered % 50 === 0) say(`registered ${registered} of ${clusters.length} clusters`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  if (!isOver) console.log(`\nA simulated fleet is on show: ${url}\nIts clusters are made up. Ctrl-C ends everything.`);
}

/** @returns false when the server is too busy now */
async function registerOne(url: string, cluster: ClusterAddress): Promise<boolean> {
  const [stage = "", ...region] = cluster.name.split("-");
  const response = await fetch(`${url}/trpc/cluster.register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      name: cluster.name,
      environment: STAGES[stage] ?? stage,
      labels: { region: region.slice(0, -1).join("-") },
      kubeconfig: simulatedKubeconfig([cluster]),
    }),
  });
  const answer = await response.text();
  if (!response.ok && response.status !== 503) throw new Error(`${cluster.name} cannot be registered: ${answer}`);
  return response.ok;
}

/** The usual one, or another when somebody has it. */
async function freePort(): Promise<number> {
  const given = process.env["PORT"];
  if (given) return Number(given);
  const isFree = await new Promise<boolean>((known) => {
    const server = createServer()
      .once("error", () => known(false))
      .listen(PORT_DEFAULT, "127.0.0.1", () => server.close(() => known(true)));
  });
  return isFree ? PORT_DEFAULT : (await freePorts(1))[0]!;
}

function readOptions() {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { clusters: text, objects: text, rate: text, seed: text } });
    return {
      clusters: wholeNumber("--clusters", values.clusters ?? "60"),
      objects: wholeNumber("--objects", values.objects ?? "200"),
      seed: wholeNumber("--seed", values.seed ?? "1"),
      ...(values.rate === undefined ? {} : { rate: wholeNumber("--rate", values.rate) }),
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

function say(line: string): void {
  console.error(`… ${line}`);
}
