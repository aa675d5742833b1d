/**
 * A simulated fleet as a process of its own: prints one line of JSON once it listens, a `FleetProcessLine`. It ends by a
 * signal, or when its standard input does.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serveControls } from "./control/control-port.ts";
import type { FleetProcessLine } from "./spawn-simulated-fleet.ts";
import { startSimulatedFleet } from "./start-simulated-fleet.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "60" },
    objects: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    rate: { type: "string" },
    kept: { type: "string" },
  },
});
const startedMs = performance.now();
const fleet = await startSimulatedFleet({
  clusters: Number(values.clusters),
  objects: Number(values.objects),
  seed: Number(values.seed),
  ...(values.rate === undefined ? {} : { rate: Number(values.rate) }),
  ...(values.kept === undefined ? {} : { keptMax: Number(values.kept) }),
});
const controls = serveControls(fleet);
const folder = mkdtempSync(join(tmpdir(), "simulated-fleet-"));
const kubeconfigPath = join(folder, "kubeconfig");
writeFileSync(kubeconfigPath, fleet.kubeconfig(), { mode: 0o600 });
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const end = () => process.exit(0);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
process.stdin.on("end", end).resume();
const line: FleetProcessLine = {
  controlUrl: controls.url,
  kubeconfigPath,
  startMs: Math.round(performance.now() - startedMs),
};
process.stdout.write(`${JSON.stringify(line)}\n`);
