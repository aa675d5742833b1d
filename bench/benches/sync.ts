import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { KubeObject } from "@flux-orchestrator/flux";
import { until } from "@flux-orchestrator/testing";
import type { Bench } from "../lib/bench.ts";
import { createRowAtATime } from "../lib/doubles/row-at-a-time.ts";
import { runs } from "../lib/load.ts";
import { cpuSeconds, cpuSecondsOfTree, peakBytes, residentBytes } from "../lib/process-usage.ts";
import { startProduct } from "../lib/product.ts";
import { askCluster, type Member, type Simulated, simulate } from "../lib/simulated.ts";
import type { Stage } from "../lib/stage.ts";
import { median } from "../lib/statistics.ts";

const KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";
const POLL_MS = 20;
const COPY_LINES = 200;
const DEADLINE_MS = 600_000;

export const sync: Bench = {
  name: "sync",
  about: "cold sync of a fleet, from the first list to the last commit",
  async run(stage) {
    const size = stage.size({ quick: { clusters: 40, perCluster: 500 }, full: { clusters: 200, perCluster: 500 } });
    const count = stage.size({ quick: 1, full: 3 });
    const synced = await runs(count, () => cold(stage, size));
    await using simulated = await simulate(stage, { clusters: 4, perCluster: 500 }, 0);
    const objects = (await Promise.all(simulated.members.map(listed))).flat();
    const saved = await saveRate(simulated, objects.slice(0, stage.size({ quick: 500, full: 2_000 })));
    const copied = await runs(3, () => copyRate(simulated, objects));

    const rates = synced.map(({ rate }) => rate);
    const conditions = { ...size, objects: size.clusters * size.perCluster, meanBytes: Math.round(meanBytes(objects)) };
    stage.report({
      metric: "objects a second",
      values: rates,
      unit: "objects/s",
      goal: { min: 30_000 },
      against: { what: "saving row by row", ratio: median(rates) / saved },
      conditions,
    });
    stage.report({
      metric: "times as fast as saving row by row",
      values: median(rates) / saved,
      unit: "×",
      goal: { min: 8 },
      conditions: { ...conditions, rowByRowPerSecond: Math.round(saved) },
    });
    stage.report({
      metric: "part of COPY of the same bytes",
      values: (100 * median(rates)) / median(copied),
      unit: "%",
      goal: { min: 50 },
      against: { what: "COPY of the same bytes", ratio: median(rates) / median(copied) },
      conditions: { ...conditions, copyPerSecond: Math.round(median(copied)) },
    });
    const cpu = (of: (run: (typeof synced)[number]) => number, whose: string) =>
      stage.report({ metric: `CPU of ${whose} for an object`, values: synced.map(of), unit: "µs", conditions });
    cpu(({ productUs }) => productUs, "the product");
    cpu(({ postgresUs }) => postgresUs, "Postgres");
    cpu(({ simulatorUs }) => simulatorUs, "the simulator");
    stage.report({
      metric: "most memory of the product, over that after it",
      values: synced.map(({ peak }) => peak),
      unit: "×",
      conditions,
    });
  },
};

/** Everything is new to the product. */
async function cold(stage: Stage, size: { clusters: number; perCluster: number }) {
  await using simulated = await simulate(stage, size, 0);
  const { database, fleet, objects } = simulated;
  const before = { postgres: cpuSecondsOfTree(stage.postgres.pid), simulator: cpuSeconds(fleet.pid) };
  await using product = await startProduct(simulated.url);
  const startedMs = performance.now();
  const seconds = await until(
    "every object is stored",
    async () => {
      const [row] = await database.sql<
        { stored: number }[]
      >`select coalesce(sum(count), 0)::int as stored from cluster_counts`;
      await Bun.sleep(POLL_MS);
      return row!.stored >= objects && (performance.now() - startedMs) / 1000;
    },
    DEADLINE_MS,
  );
  const each = (spentSeconds: number) => (spentSeconds * 1e6) / objects;
  return {
    rate: objects / seconds,
    productUs: each(cpuSeconds(product.pid)),
    postgresUs: each(cpuSecondsOfTree(stage.postgres.pid) - before.postgres),
    simulatorUs: each(cpuSeconds(fleet.pid) - before.simulator),
    peak: peakBytes(product.pid) / residentBytes(product.pid),
  };
}

async function listed(member: Member): Promise<{ clusterId: string; object: KubeObject }[]> {
  const { items } = await askCluster<{ items: KubeObject[] }>(member, KUSTOMIZATIONS);
  return items.map((item) => ({
    clusterId: member.id,
    object: { ...item, apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
  }));
}

type Listed = Awaited<ReturnType<typeof listed>>;

/** Objects a second of the double. */
async function saveRate({ database }: Simulated, objects: Listed): Promise<number> {
  const save = await createRowAtATime(database.sql);
  const startedMs = performance.now();
  for (const { clusterId, object } of objects) await save(clusterId, object);
  return (objects.length * 1000) / (performance.now() - startedMs);
}

const meanBytes = (objects: Listed): number =>
  objects.reduce((sum, { object }) => sum + JSON.stringify(object).length, 0) / objects.length;

/** Objects a second of COPY into a table with nothing but a key: what the database can take at most. */
async function copyRate({ database }: Simulated, objects: Listed): Promise<number> {
  const rows = 20_000;
  await database.sql`create table if not exists copied (id bigint primary key, document text)`;
  await database.sql`truncate copied`;
  const texts = objects.map(({ object }) => JSON.stringify(object).replaceAll("\\", "\\\\"));
  const startedMs = performance.now();
  const target = await database.sql`copy copied (id, document) from stdin`.writable();
  const lines = async function* () {
    for (let id = 0; id < rows; id += COPY_LINES)
      yield Array.from({ length: COPY_LINES }, (_, at) => `${id + at}\t${texts[(id + at) % texts.length]}\n`).join("");
  };
  await pipeline(Readable.from(lines()), target);
  return (rows * 1000) / (performance.now() - startedMs);
}
