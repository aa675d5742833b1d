/**
 * `bun run bench [name…] [--json] [--quick]`: measures what docs/architecture.md promises. Without names, everything.
 *
 *   --quick          small sizes: at most a minute each
 *   --json           the last line is an array of every figure with its conditions
 *   --report PATH    writes the figures into a page too
 *   --gate           holds the ratios of a short run against the recorded medians; exit 1 when one is under half of its
 *                    median in three tries
 *   --record         makes the ratios of this run the recorded medians
 *
 * `CPU_PROFILES=<folder>` makes the measured server leave a profile there.
 */
import { parseArgs } from "node:util";
import { ensureInstalled } from "../scripts/lib/prepare.ts";

ensureInstalled();
// Only now, since these import what is installed.
const { BENCHES } = await import("./benches/index.ts");
const { GATED, holdGate, recordMedians } = await import("./lib/gate.ts");
const { startBenchPostgres } = await import("./lib/postgres.ts");
const { writeReport } = await import("./lib/report.ts");
const { Stage } = await import("./lib/stage.ts");

const names = BENCHES.map(({ name }) => name);
const { values: options, positionals } = readArguments();

await using postgres = await startBenchPostgres();
const stage = new Stage(postgres, options.quick || options.gate, options.gate);
let failed = false;
if (options.gate && !options.record) failed = !(await holdGate(measure));
else await measure(positionals.length > 0 ? positionals : options.gate ? GATED : names);
if (options.record) recordMedians(stage.results);
if (options.report !== undefined) writeReport(options.report, stage.results, names);
if (options.json) console.log(JSON.stringify(stage.results));
process.exitCode = failed ? 1 : 0;

/** @returns the figures of these benches; one that cannot be measured is told, and the others go on */
async function measure(wanted: readonly string[]) {
  const known = stage.results.length;
  for (const bench of BENCHES) {
    if (!wanted.includes(bench.name)) continue;
    console.error(`${bench.name}: ${bench.about}`);
    const startedMs = performance.now();
    stage.begin(bench.name);
    await bench.run(stage).catch((error: unknown) => {
      console.error(`${bench.name} could not be measured:`, error);
      failed = true;
    });
    await stage.end();
    stage.note(`took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  }
  return stage.results.slice(known);
}

function readArguments() {
  try {
    const read = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        report: { type: "string" },
        gate: { type: "boolean", default: false },
        record: { type: "boolean", default: false },
      },
    });
    const unknown = read.positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`there is no bench '${unknown}'; there are: ${names.join(" ")}`);
    return read;
  } catch (error) {
    const usage = "bun run bench [name…] [--json] [--quick] [--report PATH] [--gate] [--record]";
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
