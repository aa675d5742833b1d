import type { Bench } from "../lib/bench.ts";
import { runs } from "../lib/load.ts";
import { startProduct } from "../lib/product.ts";
import { startProductBeside } from "../lib/product-beside.ts";
import { simulate } from "../lib/simulated.ts";

const RUNS = 5;

export const start: Bench = {
  name: "start",
  about: "from the server's start to the first 200 of /readiness, on a database that runs",
  async run(stage) {
    const empty = await stage.emptyDatabase();
    const size = stage.size({
      quick: { clusters: 200, perCluster: 1_000 },
      full: { clusters: 500, perCluster: 1_000 },
    });
    const fleet = await stage.fleet(size);
    const readyOn = async (startOn: () => ReturnType<typeof startProduct>) => {
      await using product = await startOn();
      return product.readyMs / 1000;
    };
    // The first start is the one that makes files warm.
    await readyOn(() => startProduct(empty));
    const onEmpty = await runs(RUNS, () => readyOn(() => startProduct(empty)));
    const onFleet = await runs(RUNS, () => readyOn(() => startProductBeside(fleet)));
    stage.report({ metric: "ready on an empty database", values: onEmpty, unit: "s", goal: { max: 0.2 } });
    stage.report({
      metric: "ready on a full database",
      values: onFleet,
      unit: "s",
      goal: { max: 1.2 },
      conditions: { rows: size.clusters * size.perCluster, clusters: size.clusters },
    });

    const watched = stage.size({
      quick: { clusters: 60, perCluster: 100 },
      full: { clusters: 1_000, perCluster: 500 },
    });
    await using simulated = await simulate(stage, watched, 0);
    const freshAfter = async () => {
      await simulated.database.sql`update clusters set stream = 'never'`;
      const startedMs = performance.now();
      await using _product = await startProduct(simulated.url);
      await simulated.untilLive();
      return (performance.now() - startedMs) / 1000;
    };
    // The first time everything is stored; what is measured is a restart.
    await freshAfter();
    stage.report({
      metric: "every cluster fresh after a restart",
      values: await runs(stage.size({ quick: 1, full: 3 }), freshAfter),
      unit: "s",
      goal: { max: 6 },
      conditions: watched,
    });
  },
};
