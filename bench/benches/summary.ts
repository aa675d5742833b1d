import type { FleetSummary } from "@flux-orchestrator/contract";
import type { Sql } from "@flux-orchestrator/db";
import type { Bench } from "../lib/bench.ts";
import { WITHOUT_CONTROLLER } from "../lib/generated-fleet.ts";
import { type Latencies, oneByOne, runs } from "../lib/load.ts";
import { openPatient } from "../lib/postgres.ts";
import { cpuMsOf } from "../lib/process-usage.ts";
import { startProductBeside } from "../lib/product-beside.ts";
import { median } from "../lib/statistics.ts";

/** Sets the state of the kustomize-controller everywhere, and the kinds that leaves in doubt. */
async function setController(sql: Sql, state: "available" | "unavailable", doubtful: readonly string[]) {
  await sql`update cluster_controllers set state = ${state} where controller = 'kustomize-controller'`;
  await sql`update clusters set doubtful_kinds = ${[...doubtful]}`;
}

export const summary: Bench = {
  name: "summary",
  about: "the figures of the whole fleet, as the landing page asks for them",
  async run(stage) {
    const size = stage.size({
      quick: { clusters: 200, perCluster: 1_000 },
      full: { clusters: 1_000, perCluster: 1_000 },
    });
    const fleet = await stage.fleet(size);
    await using product = await startProductBeside(fleet);
    const sql = openPatient(fleet.url, 1);
    const ask = () => product.query<FleetSummary>("fleet.summary");
    const { counts } = await ask();
    const grouped = () => sql<{ word: string; count: number }[]>`
      select cluster_id, kind, word, count(*)::int as count from flux_resources group by 1, 2, 3`;
    const exact = Map.groupBy(await grouped(), ({ word }) => word);
    for (const [word, rows] of exact)
      if (counts[word as keyof typeof counts] !== rows.reduce((sum, { count }) => sum + count, 0))
        throw new Error(`the summary's count of ${word} is not that of the rows`);
    const count = stage.size({ quick: 100, full: 300 });
    let answered = 0;
    const counted = () => {
      answered++;
      return ask();
    };
    let asked: Latencies[] = [];
    const cpuMs = await cpuMsOf(product.pid, stage.postgres.pid, async () => {
      asked = await runs(3, () => oneByOne(count, counted));
    });
    const whileDown = async () => {
      await setController(sql, "unavailable", [...WITHOUT_CONTROLLER, "Kustomization"]);
      const down = await runs(3, () => oneByOne(count, ask));
      await setController(sql, "available", WITHOUT_CONTROLLER);
      return down;
    };
    const down = stage.ratiosOnly ? [] : await whileDown();
    const doubled = await runs(3, () => oneByOne(10, grouped));
    await sql.end();
    const p50s = asked.map(({ p50 }) => p50);
    const conditions = { clusters: size.clusters, rows: size.clusters * size.perCluster };
    stage.report({
      metric: "p50 of the summary",
      values: p50s,
      unit: "ms",
      against: { what: "GROUP BY over the rows", ratio: median(doubled.map(({ p50 }) => p50)) / median(p50s) },
      conditions,
    });
    if (stage.ratiosOnly) return;
    stage.report({
      metric: "p99 of the summary",
      values: asked.map(({ p99 }) => p99),
      unit: "ms",
      goal: { max: 10 },
      conditions,
    });
    stage.report({
      metric: "p50 of the summary, a controller of each cluster down",
      values: down.map(({ p50 }) => p50),
      unit: "ms",
      conditions,
    });
    stage.report({
      metric: "CPU of the server and Postgres for the summary",
      values: cpuMs / answered,
      unit: "ms",
      conditions,
    });
  },
};
