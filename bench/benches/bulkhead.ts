import type { Bench } from "../lib/bench.ts";
import { followMarkedChanges, type Told } from "../lib/marked-changes.ts";
import { startProduct } from "../lib/product.ts";
import { type Simulated, simulate } from "../lib/simulated.ts";
import { median } from "../lib/statistics.ts";

const WATCHED = 10;
const SUBSCRIBERS = 20;
const MARKS_A_SECOND = 20;
/** So long a fault lasts before it is looked at what it does to others. */
const FAULT_MS = 2_000;

/** What one cluster does to the others; how it begins, and how it ends. */
const FAULTS: Record<string, (cluster: ReturnType<Simulated["fleet"]["cluster"]>) => Promise<() => Promise<unknown>>> =
  {
    dead: async (cluster) => {
      await cluster.stop();
      return () => cluster.start();
    },
    "never answering": async (cluster) => {
      await cluster.setFaults({ hang: true });
      await cluster.reset();
      return () => cluster.setFaults({});
    },
    "sending garbage": async (cluster) => {
      const timer = setInterval(() => void cluster.sendGarbage("Kustomization", "broken JSON").catch(() => {}), 100);
      return async () => clearInterval(timer);
    },
  };

export const bulkhead: Bench = {
  name: "bulkhead",
  about: "one cluster is dead or hostile: how long changes of the others take then",
  async run(stage) {
    const size = stage.size({ quick: { clusters: 40, perCluster: 50 }, full: { clusters: 500, perCluster: 100 } });
    const rate = size.clusters;
    const pairs = stage.size({ quick: 1, full: 5 });
    await using simulated = await simulate(stage, size, 0);
    await using product = await startProduct(simulated.url);
    await simulated.untilLive();
    await simulated.fleet.fleet.setStamping(true);
    await simulated.fleet.fleet.setRate(rate);
    const watched = simulated.members.slice(0, WATCHED);
    const hostile = simulated.fleet.cluster(simulated.members.at(-1)!.name);
    const follow = () =>
      followMarkedChanges(product, watched, {
        perSecond: MARKS_A_SECOND,
        seconds: stage.size({ quick: 3, full: 10 }),
        subscribers: SUBSCRIBERS,
      });
    for (const [name, begin] of Object.entries(FAULTS)) {
      const told: { without: Told; with: Told }[] = [];
      for (let pair = 0; pair < pairs; pair++) {
        const without = await follow();
        const end = await begin(hostile);
        await Bun.sleep(FAULT_MS);
        told.push({ without, with: await follow() });
        await end();
      }
      const usual = median(told.map(({ without }) => without.p99));
      stage.report({
        metric: `p99 of the others, one cluster ${name}`,
        values: told.map((pair) => pair.with.p99 / pair.without.p99),
        unit: "×",
        goal: { max: 1.05 },
        conditions: { ...size, eventsPerSecond: rate, pairs, usualP99Ms: Math.round(usual) },
      });
    }
  },
};
