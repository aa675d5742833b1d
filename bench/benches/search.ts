import type { ResourcePage } from "@flux-orchestrator/contract";
import type { Bench } from "../lib/bench.ts";
import { SEARCHED } from "../lib/generated-fleet.ts";
import { type Latencies, oneByOne, runs } from "../lib/load.ts";
import { openPatient } from "../lib/postgres.ts";
import { cpuMsOf } from "../lib/process-usage.ts";
import { startProductBeside } from "../lib/product-beside.ts";
import { median, randomOf } from "../lib/statistics.ts";

const HITS = 20;

export const search: Bench = {
  name: "search",
  about: "the first 20 hits of three letters and more among all names, as typed",
  async run(stage) {
    const size = stage.size({
      quick: { clusters: 200, perCluster: 1_000 },
      full: { clusters: 1_000, perCluster: 1_000 },
    });
    const fleet = await stage.fleet(size);
    await using product = await startProductBeside(fleet);
    const sql = openPatient(fleet.url, 1);
    const texts = typed(size.perCluster);
    const ask = (nth: number) =>
      product.query<ResourcePage>("resource.list", { text: texts[nth % texts.length], sort: "name", limit: HITS });
    await oneByOne(5, ask);
    const count = stage.size({ quick: 60, full: 200 });
    let answered = 0;
    const counted = (nth: number) => {
      answered++;
      return ask(nth);
    };
    let asked: Latencies[] = [];
    const cpuMs = await cpuMsOf(product.pid, stage.postgres.pid, async () => {
      asked = await runs(3, () => oneByOne(count, counted));
    });
    const scanned = await sql.begin(async (tx) => {
      await tx`set local enable_bitmapscan = off`;
      await tx`set local enable_indexscan = off`;
      const unindexed = (nth: number) => tx`
        select id from flux_resources
        where namespace || '/' || name ilike ${`%${texts[nth % texts.length]}%`} order by namespace, name limit ${HITS}`;
      return runs(3, () => oneByOne(5, unindexed));
    });
    await sql.end();
    const p50s = asked.map(({ p50 }) => p50);
    const conditions = { rows: size.clusters * size.perCluster, hits: HITS, texts: texts.length };
    stage.report({
      metric: "p50 of a search",
      values: p50s,
      unit: "ms",
      against: { what: "ILIKE without an index", ratio: median(scanned.map(({ p50 }) => p50)) / median(p50s) },
      conditions,
    });
    stage.report({
      metric: "p99 of a search",
      values: asked.map(({ p99 }) => p99),
      unit: "ms",
      goal: { max: 10 },
      conditions,
    });
    stage.report({
      metric: "CPU of the server and Postgres for a search",
      values: cpuMs / answered,
      unit: "ms",
      conditions,
    });
  },
};

/** What people type, letter by letter: parts of names that many objects have, few have, one has, and none. */
function typed(perCluster: number): string[] {
  const random = randomOf(3);
  const broad = SEARCHED.slice(0, 8).flatMap((name) => [name.slice(0, 3), name.slice(0, 5), name]);
  const narrow = SEARCHED.slice(8, 20).map((name) => `${name}-api-${Math.floor(random() * perCluster)}`);
  return [...broad, ...narrow, "no-such-object", "xyzzy"];
}
