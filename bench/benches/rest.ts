import type { Bench } from "../lib/bench.ts";
import { serveFullList } from "../lib/doubles/full-list.ts";
import { generateDocuments } from "../lib/generated-documents.ts";
import type { GeneratedFleet } from "../lib/generated-fleet.ts";
import { atOnce, runs } from "../lib/load.ts";
import { openPatient } from "../lib/postgres.ts";
import { cpuMsOf, peakBytes, resetPeak, residentBytes } from "../lib/process-usage.ts";
import type { Product } from "../lib/product.ts";
import { startProductBeside } from "../lib/product-beside.ts";
import type { Stage } from "../lib/stage.ts";
import { median } from "../lib/statistics.ts";

const SMALL = { clusters: 10, perCluster: 1_000 };
const ROWS = SMALL.clusters * SMALL.perCluster;
const CONNECTIONS = 4;
const LIMIT = 20;
/** What a table shows of an object. */
const SHOWN = "id,cluster_id,kind,namespace,name,status,updated_at";
const DOUBLE = "the list that holds everything";

export const rest: Bench = {
  name: "rest",
  about: "lists of REST v1: pages, and the whole as clients of the original ask for it",
  async run(stage) {
    await measurePages(stage);
    const size = stage.size({ quick: { clusters: 30, perCluster: 1_000 }, full: { clusters: 100, perCluster: 1_000 } });
    await measureMemory(stage, await withDocuments(stage, size));
  },
};

async function withDocuments(stage: Stage, size: { clusters: number; perCluster: number }): Promise<GeneratedFleet> {
  const fleet = await stage.fleet(size);
  const sql = openPatient(fleet.url, 1);
  await generateDocuments(sql);
  await sql.end();
  return fleet;
}

async function measurePages(stage: Stage): Promise<void> {
  const fleet = await withDocuments(stage, SMALL);
  await using product = await startProductBeside(fleet);
  const sql = openPatient(fleet.url);
  await using double = await serveFullList(sql, ROWS);
  const cursors = await cursorsOf(product);
  const page = (more: string) => (nth: number) =>
    read(product, `?limit=${LIMIT}${more}&cursor=${cursors[(nth * 7) % cursors.length]}`);
  const asked = stage.size({ quick: 400, full: 2_000 });
  const perSecond = (more: string) => runs(3, () => atOnce(CONNECTIONS, asked, page(more)));
  const whole = () => read(product, "");
  await Promise.all([page("")(0), whole(), double.ask()]);

  // In turn, so that both meet the same machine.
  const pairs = await runs(3, async () => [await atOnce(1, 1, double.ask), await atOnce(1, 1, whole)] as const);
  const doubled = median(pairs.map(([ofDouble]) => ofDouble));
  const pages = await perSecond("");
  const tables = await perSecond(`&fields=${SHOWN}`);
  // Of everybody, since the double is made where it is read.
  const cpuOf = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    const others = await cpuMsOf(product.pid, stage.postgres.pid, work);
    const { user, system } = process.cpuUsage(before);
    return others + (user + system) / 1_000;
  };
  const cpus = await runs(3, async () => [await cpuOf(double.ask), await cpuOf(whole)] as const);
  const pageCpuMs = await cpuMsOf(product.pid, stage.postgres.pid, () => atOnce(CONNECTIONS, asked, page("")));
  await sql.end();

  const conditions = {
    rows: ROWS,
    clusters: SMALL.clusters,
    limit: LIMIT,
    connections: CONNECTIONS,
    doublePerSecond: doubled,
  };
  const times = (values: readonly number[]) => values.map((value) => value / doubled);
  const kinds = [
    { what: `pages of ${LIMIT} objects`, values: times(pages) },
    { what: "pages of what a table shows", values: times(tables) },
  ];
  for (const { what, values } of kinds)
    stage.report({
      metric: `${what} for one whole list of the double`,
      values,
      unit: "×",
      goal: { min: 400 },
      against: { what: DOUBLE, ratio: median(values) },
      conditions,
    });
  stage.report({
    metric: "CPU of the server and Postgres for a page",
    values: pageCpuMs / asked,
    unit: "ms",
    conditions,
  });
  stage.report({
    metric: "objects a second of the whole list",
    values: pairs.map(([, ofProduct]) => ofProduct * ROWS),
    unit: "objects/s",
    conditions,
  });
  const faster = pairs.map(([ofDouble, ofProduct]) => ofProduct / ofDouble);
  stage.report({
    metric: "the whole list, times as fast",
    values: faster,
    unit: "×",
    goal: { min: 3 },
    against: { what: DOUBLE, ratio: median(faster) },
    conditions,
  });
  stage.report({
    metric: "CPU for an object of the whole list, Postgres and reader included",
    values: cpus.map(([, ofProduct]) => (ofProduct * 1_000) / ROWS),
    unit: "µs",
    against: { what: DOUBLE, ratio: median(cpus.map(([ofDouble, ofProduct]) => ofDouble / ofProduct)) },
    conditions,
  });
}

async function measureMemory(stage: Stage, fleet: GeneratedFleet): Promise<void> {
  await using product = await startProductBeside(fleet);
  await read(product, "?limit=1");
  const rows = fleet.clusters * fleet.perCluster;
  const idle = residentBytes(product.pid);
  const over = await runs(3, async () => {
    resetPeak(product.pid);
    await read(product, "");
    return (peakBytes(product.pid) - idle) / 1024 ** 2;
  });
  stage.report({
    metric: "most memory for the whole list, over that of the idle server",
    values: Math.max(...over),
    unit: "MiB",
    goal: { max: 150 },
    conditions: { rows, idleMebibytes: Math.round(idle / 1024 ** 2) },
  });
}

/** One list, read to its end and not kept. */
async function read(product: Product, query: string): Promise<void> {
  const response = await fetch(`${product.url}/api/v1/resources${query}`);
  if (!response.ok) throw new Error(`${query} was answered with ${response.status}: ${await response.text()}`);
  for await (const _ of response.body!);
}

/** Where pages begin, all over the list. */
async function cursorsOf(product: Product): Promise<string[]> {
  const cursors: string[] = [];
  for (let after = ""; ; ) {
    const response = await fetch(`${product.url}/api/v1/resources?fields=id&limit=97${after}`);
    await response.arrayBuffer();
    const cursor = response.headers.get("x-next-cursor");
    if (cursor === null) return cursors;
    cursors.push(cursor);
    after = `&cursor=${cursor}`;
  }
}
