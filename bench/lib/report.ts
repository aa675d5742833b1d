import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Conditions, type Result, reaches } from "./bench.ts";
import { goalText, numberText, ratioText } from "./print.ts";

const RESULTS = join(import.meta.dir, "../results.json");
const BEGIN = "<!-- figures: written by bun run bench --report -->";
const END = "<!-- end of figures -->";
/** What all figures of a bench have in common, said once above them. */
const MACHINE = ["cpu", "cores", "memoryGiB", "bun", "postgres", "lz4"];
const OF_THE_RUNS = ["runs", "lowest", "highest"];

interface Reported {
  /** Day of the run. */
  on: string;
  results: Result[];
}

/**
 * Writes the figures of a run into a page, between its two marks; benches that this run did not measure keep their last
 * figures, which are in `bench/results.json`.
 */
export function writeReport(page: string, results: readonly Result[], order: readonly string[]): void {
  const known: Record<string, Reported> = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {};
  const on = new Date().toISOString().slice(0, 10);
  for (const [name, of] of Map.groupBy(results, (result) => result.name)) known[name] = { on, results: of };
  const sorted = order.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  writeFileSync(RESULTS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  const figures = sorted.map(([name, reported]) => sectionOf(name, reported)).join("\n\n");
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${page} has no place for figures: ${BEGIN} … ${END}`);
  writeFileSync(page, `${before}${BEGIN}\n\n${figures}\n\n${END}${after}`);
}

function sectionOf(name: string, { on, results }: Reported): string {
  const rows = results.map((result) => [
    result.metric,
    `${numberText(result.value)} ${result.unit}${rangeOf(result)}`,
    result.goal === undefined ? "" : goalText(result.goal),
    result.goal === undefined ? "" : reaches(result.value, result.goal) ? "met" : "**missed**",
    ratioText(result),
  ]);
  return [
    `### ${name}`,
    "",
    `${on}, ${machineText(results[0]!.conditions)}; ${sizesText(results)}`,
    "",
    table(["figure", "value", "goal", "", "compared"], rows),
  ].join("\n");
}

function rangeOf({ conditions }: Result): string {
  if (!("lowest" in conditions)) return "";
  return ` (${numberText(Number(conditions["lowest"]))} to ${numberText(Number(conditions["highest"]))})`;
}

function machineText({ cpu, cores, memoryGiB, bun, postgres, lz4 }: Conditions): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Bun ${bun}, Postgres ${postgres} ${lz4 ? "with" : "without"} lz4`;
}

/** Everything else the figures depend on; what differs between them is left to the JSON. */
function sizesText(results: readonly Result[]): string {
  const sizes = new Map<string, string>();
  for (const { conditions } of results)
    for (const [key, value] of Object.entries(conditions))
      if (!MACHINE.includes(key) && !OF_THE_RUNS.includes(key) && !sizes.has(key)) sizes.set(key, String(value));
  return [...sizes].map(([key, value]) => `${words(key)} ${value}`).join(", ");
}

const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** As the formatter of this repository writes tables. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
