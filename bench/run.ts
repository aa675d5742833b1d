/**
 * `bun run bench [name…] [--json] [--quick]`: measures what docs/architecture.md promises. Without names, everything.
 *
 *   --quick          small sizes: at most a minute each
 *   --json           the last line is an array of every figure with its conditions
 *
 * `CPU_PROFILES=<folder>` makes the server write a profile there.
 */
import { parseArgs } from "node:util";
import { ensureInstalled } from "../scripts/lib/prepare.ts";

ensureInstalled();
// Only now, since these import what is installed.
const { BENCHES } = await import("./benches/index.ts");
const { startBenchPostgres } = await import("./lib/postgres.ts");
const { Stage } = await import("./lib/stage.ts");

const names = BENCHES.map(({ name }) => name);
const { values: options, positionals } = readArguments();
const chosen = BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

await using postgres = await startBenchPostgres();
const stage = new Stage(postgres, options.quick);
let failed = 0;
for (const bench of chosen) {
  console.error(`${bench.name}: ${bench.about}`);
  const startedMs = performance.now();
  stage.begin(bench.name);
  await bench.run(stage).catch((error: unknown) => {
    console.error(`${bench.name} could not be measured:`, error);
    failed++;
  });
  stage.note(`took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}
if (options.json) console.log(JSON.stringify(stage.results));
process.exitCode = failed === 0 ? 0 : 1;

function readArguments() {
  try {
    const read = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
      },
    });
    const unknown = read.positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`there is no bench '${unknown}'; there are: ${names.join(" ")}`);
    return read;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\nbun run bench [name…] [--json] [--quick]`);
    process.exit(2);
  }
}
