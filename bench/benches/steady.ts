import { until } from "@flux-orchestrator/testing";
import type { Bench } from "../lib/bench.ts";
import { runs } from "../lib/load.ts";
import { cpuSeconds, cpuSecondsOfTree, peakBytes, resetPeak, residentBytes } from "../lib/process-usage.ts";
import { startProduct } from "../lib/product.ts";
import { type SimulatedSize, simulate } from "../lib/simulated.ts";
import type { Stage } from "../lib/stage.ts";

/** Writes to an object in a second: an interval of ten minutes, of which most bring one. */
const WRITES_OF_AN_OBJECT = 0.002;
/** Objects of a cluster of which only the streams count. */
const FEW = 14;
/** It has gone still when it takes less than this of a core for a second. */
const STILL = 0.08;
const STILL_DEADLINE_MS = 120_000;
const MIB = 2 ** 20;

export const steady: Bench = {
  name: "steady",
  about: "what watching costs once everything is known, and in a burst from one cluster",
  async run(stage) {
    const size = stage.size({ quick: { clusters: 40, perCluster: 500 }, full: { clusters: 1_000, perCluster: 500 } });
    await reportStreams(stage, stage.size({ quick: 100, full: 1_000 }));
    const emptyBytes = await emptyProductBytes(stage);

    const rate = size.clusters * size.perCluster * WRITES_OF_AN_OBJECT;
    await using simulated = await simulate(stage, size, rate);
    await using product = await startProduct(simulated.url);
    await simulated.untilLive();
    await untilStill(product.pid, rate * 0.001);
    const thousands = simulated.objects / 1_000;
    const conditions = { ...size, eventsPerSecond: rate };
    const seconds = stage.size({ quick: 4, full: 20 });
    const spent = await runs(3, async () => {
      const before = { product: cpuSeconds(product.pid), postgres: cpuSecondsOfTree(stage.postgres.pid) };
      const beganMs = performance.now();
      await Bun.sleep(seconds * 1_000);
      const milliCores = (used: number) => (used * 1e6) / (performance.now() - beganMs) / thousands;
      return {
        product: milliCores(cpuSeconds(product.pid) - before.product),
        postgres: milliCores(cpuSecondsOfTree(stage.postgres.pid) - before.postgres),
      };
    });
    stage.report({
      metric: "CPU of the product for 1,000 objects",
      values: spent.map((run) => run.product),
      unit: "mCPU",
      goal: { max: 0.5 },
      conditions,
    });
    stage.report({
      metric: "CPU of Postgres for 1,000 objects",
      values: spent.map((run) => run.postgres),
      unit: "mCPU",
      conditions,
    });
    const restBytes = residentBytes(product.pid);
    stage.report({
      metric: "memory of the product for 1,000 objects",
      values: (restBytes - emptyBytes) / MIB / thousands,
      unit: "MiB",
      goal: { max: 1 },
      conditions: { ...conditions, residentMebibytes: Math.round(restBytes / MIB) },
    });

    const burst = stage.size({ quick: 20_000, full: 100_000 });
    await simulated.fleet.fleet.setRate(0);
    await untilStill(product.pid, 0);
    const beforeBytes = residentBytes(product.pid);
    resetPeak(product.pid);
    await simulated.fleet.cluster(simulated.members[0]!.name).burst(burst);
    await untilStill(product.pid, 0);
    stage.report({
      metric: "most memory in a burst, over that before it",
      values: peakBytes(product.pid) / beforeBytes,
      unit: "×",
      goal: { max: 1.5 },
      conditions: { ...conditions, burst, peakMebibytes: Math.round(peakBytes(product.pid) / MIB) },
    });
  },
};

async function emptyProductBytes(stage: Stage): Promise<number> {
  await using product = await startProduct(await stage.emptyDatabase());
  return residentBytes(product.pid);
}

/** Clusters with next to nothing in them, and a quarter of them: what the others add are their connections. */
async function reportStreams(stage: Stage, clusters: number): Promise<void> {
  const few = await watchedBytes(stage, { clusters: clusters / 4, perCluster: FEW });
  const many = await watchedBytes(stage, { clusters, perCluster: FEW });
  stage.report({
    metric: "memory of the product for a cluster",
    values: (many.bytes - few.bytes) / 1024 / (clusters - clusters / 4),
    unit: "KiB",
    goal: { max: 150 },
    conditions: { clusters, perCluster: FEW, streamsOfACluster: Number((many.watches / clusters).toPrecision(3)) },
  });
}

async function watchedBytes(stage: Stage, size: SimulatedSize) {
  await using simulated = await simulate(stage, size, 0);
  await using product = await startProduct(simulated.url);
  await simulated.untilLive();
  await untilStill(product.pid, 0);
  const { watches } = await simulated.fleet.fleet.figures();
  return { bytes: residentBytes(product.pid), watches };
}

/** Resolves once a process has done next to nothing for a second, besides what is always to be done. */
async function untilStill(pid: number, usual: number): Promise<void> {
  await until(
    "the product has gone still",
    async () => {
      const before = cpuSeconds(pid);
      await Bun.sleep(1_000);
      return cpuSeconds(pid) - before < STILL + usual;
    },
    STILL_DEADLINE_MS,
  );
}
