import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "./bench.ts";
import { numberText } from "./print.ts";

/** Short, and their ratios are steady from run to run. */
export const GATED: readonly string[] = ["sync", "writes", "page", "summary", "search", "fan-out"];

const MEDIANS = join(import.meta.dir, "../medians.json");
/** The machines are noisy: half of what it was is no noise any more when it stays so. */
const WARN_UNDER = 0.8;
const FAIL_UNDER = 0.5;
const TRIES = 3;

type Ratios = Record<string, number>;
const nameOf = ({ name, metric }: Result): string => `${name}: ${metric}`;

/** The ratios of a run become what later runs are held against. Times are never recorded: machines differ in them. */
export function recordMedians(results: readonly Result[]): void {
  const ratios: Ratios = JSON.parse(readFileSync(MEDIANS, "utf8"));
  for (const result of results) if (result.ratio !== undefined) ratios[nameOf(result)] = result.ratio;
  const sorted = Object.fromEntries(Object.entries(ratios).sort(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(MEDIANS, `${JSON.stringify(sorted, null, 2)}\n`);
}

/**
 * Holds ratios against the recorded medians: warns of what is under four fifths of its median, and tries anew, twice, what is
 * under half.
 * @param measure runs these benches; one that could not be measured gives no result
 * @returns whether nothing stayed under half
 */
export async function holdGate(measure: (names: readonly string[]) => Promise<readonly Result[]>): Promise<boolean> {
  const medians: Ratios = JSON.parse(readFileSync(MEDIANS, "utf8"));
  const best = new Map(
    Object.keys(medians)
      .filter(isGated)
      .map((name) => [name, 0]),
  );
  const failing = () => [...best].filter(([, part]) => part < FAIL_UNDER).map(([name]) => name);
  for (let nth = 0; nth < TRIES && failing().length > 0; nth++) {
    const benches = GATED.filter((bench) => failing().some((name) => name.startsWith(`${bench}:`)));
    for (const result of await measure(benches)) {
      const name = nameOf(result);
      const known = best.get(name);
      if (known !== undefined) best.set(name, Math.max(known, (result.ratio ?? 0) / medians[name]!));
    }
  }
  for (const [name, part] of best) {
    if (part >= WARN_UNDER) continue;
    const word = part < FAIL_UNDER ? "FAILED" : "warning";
    console.log(`${word}: ${name}: ${numberText(100 * part)} % of the recorded ratio`);
  }
  const failed = failing().length;
  console.log(`gate: ${best.size - failed} ratios hold, ${failed} do not`);
  return failed === 0;
}

const isGated = (name: string): boolean => GATED.some((bench) => name.startsWith(`${bench}:`));
