import { loadavg } from "node:os";
import type { Conditions, Figure, Result } from "./bench.ts";
import { machineConditions } from "./conditions.ts";
import { type GeneratedFleet, generateFleet } from "./generated-fleet.ts";
import { type BenchPostgres, openPatient } from "./postgres.ts";
import { formatResult } from "./print.ts";
import { median } from "./statistics.ts";

/** What a bench measures on: one Postgres for all benches of a run, and fleets generated in it. */
export class Stage {
  readonly results: Result[] = [];
  readonly #fleets = new Map<string, Promise<GeneratedFleet>>();
  readonly #databases: string[] = [];
  #made = 0;
  #bench = "";
  /** Processes that wanted to run in the minute before: with others at work, times say little. */
  #load = 0;

  constructor(
    readonly postgres: BenchPostgres,
    readonly quick: boolean,
    /** Only what is compared with a double of the same run is asked for: figures without a ratio may be left out. */
    readonly ratiosOnly: boolean,
  ) {}

  begin(bench: string): void {
    this.#bench = bench;
    this.#load = loadavg()[0]!;
  }

  /** Drops what the bench made, so that its vacuum does not run while the next is measured. */
  async end(): Promise<void> {
    for (const name of this.#databases.splice(0)) await this.postgres.drop(name);
  }

  /** A size that depends on how thorough the run is. */
  size<Value>(sizes: { quick: Value; full: Value }): Value {
    return this.quick ? sizes.quick : sizes.full;
  }

  note(line: string): void {
    console.error(`  … ${line}`);
  }

  /** A fleet of rows without clusters behind them, generated once a run. Who changes it, changes it for all. */
  fleet(size: { clusters: number; perCluster: number }): Promise<GeneratedFleet> {
    const name = `fleet_${size.clusters}_${size.perCluster}`;
    const known = this.#fleets.get(name);
    if (known !== undefined) return known;
    const made = this.#generate(name, size);
    this.#fleets.set(name, made);
    return made;
  }

  async #generate(name: string, size: { clusters: number; perCluster: number }): Promise<GeneratedFleet> {
    const startedMs = performance.now();
    await this.postgres.create(name);
    const url = this.postgres.url(name);
    const sql = openPatient(url, 1);
    try {
      await generateFleet(sql, size);
    } finally {
      await sql.end();
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    this.note(`${size.clusters * size.perCluster} rows of ${size.clusters} clusters generated in ${seconds} s`);
    return { url, ...size };
  }

  /** A migrated, empty database for this bench; its URL. */
  async emptyDatabase(): Promise<string> {
    const name = `${this.#bench.replaceAll("-", "_")}_${++this.#made}`;
    await this.postgres.create(name);
    this.#databases.push(name);
    return this.postgres.url(name);
  }

  report({ metric, values, unit, goal, against, conditions }: Figure): void {
    const list = typeof values === "number" ? [values] : values;
    const result: Result = {
      name: this.#bench,
      metric,
      value: rounded(median(list)),
      unit,
      ...(goal === undefined ? {} : { goal }),
      ...(against === undefined ? {} : { ratioTo: against.what, ratio: rounded(against.ratio) }),
      conditions: { ...machineConditions(this.postgres), ...this.#sizes(list), ...conditions },
    };
    this.results.push(result);
    console.log(formatResult(result));
  }

  #sizes(values: readonly number[]): Conditions {
    const range = { lowest: rounded(Math.min(...values)), highest: rounded(Math.max(...values)) };
    return {
      quick: this.quick,
      loadBefore: rounded(this.#load),
      runs: values.length,
      ...(values.length > 1 ? range : {}),
    };
  }
}

/** To four digits: what a noisy machine tells no more than. */
const rounded = (value: number): number => Number(value.toPrecision(4));
