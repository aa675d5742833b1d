import type { Bench } from "../lib/bench.ts";
import { runs } from "../lib/load.ts";
import { followMarkedChanges } from "../lib/marked-changes.ts";
import { cpuSeconds } from "../lib/process-usage.ts";
import { startProduct } from "../lib/product.ts";
import { simulate } from "../lib/simulated.ts";

/** Clusters whose pages somebody looks at. */
const WATCHED = 10;
const SUBSCRIBERS = 100;
const MARKS_A_SECOND = 20;

export const changeToScreen: Bench = {
  name: "change-to-screen",
  about: "a change leaves an API server, until a reader of the live stream has parsed it",
  async run(stage) {
    const size = stage.size({ quick: { clusters: 60, perCluster: 100 }, full: { clusters: 1_000, perCluster: 500 } });
    const rate = stage.size({ quick: 200, full: 1_000 });
    await using simulated = await simulate(stage, size, 0);
    await using product = await startProduct(simulated.url);
    await simulated.untilLive();
    await simulated.fleet.fleet.setStamping(true);
    await simulated.fleet.fleet.setRate(rate);
    const seconds = stage.size({ quick: 5, full: 20 });
    const before = { atMs: performance.now(), product: cpuSeconds(product.pid) };
    const told = await runs(3, () =>
      followMarkedChanges(product, simulated.members.slice(0, WATCHED), {
        perSecond: MARKS_A_SECOND,
        seconds,
        subscribers: SUBSCRIBERS,
      }),
    );
    const spent = cpuSeconds(product.pid) - before.product;
    const conditions = { ...size, eventsPerSecond: rate, subscribers: SUBSCRIBERS, marks: MARKS_A_SECOND * seconds };
    stage.report({
      metric: "p50 of a change",
      values: told.map(({ p50 }) => p50),
      unit: "ms",
      goal: { max: 50 },
      conditions,
    });
    stage.report({
      metric: "p99 of a change",
      values: told.map(({ p99 }) => p99),
      unit: "ms",
      goal: { max: 100 },
      conditions,
    });
    stage.report({
      metric: "changes lost",
      values: told.reduce((sum, { lost }) => sum + lost, 0),
      unit: "messages",
      goal: { max: 0 },
      conditions,
    });
    stage.report({
      metric: "CPU of the product meanwhile",
      values: (100 * spent * 1000) / (performance.now() - before.atMs),
      unit: "% of a core",
      conditions,
    });
  },
};
