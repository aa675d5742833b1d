import { cursorAfter } from "@flux-orchestrator/api/test-cursor";
import type { ResourceFilter, ResourcePage } from "@flux-orchestrator/contract";
import type { Sql } from "@flux-orchestrator/db";
import { startBackgroundWrites } from "../lib/background-writes.ts";
import type { Bench } from "../lib/bench.ts";
import { serveFullList } from "../lib/doubles/full-list.ts";
import type { GeneratedFleet } from "../lib/generated-fleet.ts";
import { atRate, type Latencies, oneByOne, runs } from "../lib/load.ts";
import { openPatient } from "../lib/postgres.ts";
import { cpuMsOf } from "../lib/process-usage.ts";
import { startProductBeside } from "../lib/product-beside.ts";
import type { Stage } from "../lib/stage.ts";
import { median, randomOf } from "../lib/statistics.ts";

const LIMIT = 50;
const REQUESTS_A_SECOND = 50;
const EVENTS_A_SECOND = 1_000;
const SMALL = { clusters: 10, perCluster: 100 };
/** Of the list that holds everything: its answer grows with each row. */
const DOUBLE_ROWS = 10_000;

interface AnyQuery extends ResourceFilter {
  sort: "severity" | "name" | "changed";
  limit: number;
  facets: [];
}
interface Row {
  id: string;
  kind: string;
  namespace: string;
  word: NonNullable<ResourceFilter["readiness"]>[number];
  slug: string;
  environment: string;
}

/** What people look at: each is asked for with the values of a random row, from that row on. */
const FILTERS: readonly ((row: Row) => Omit<AnyQuery, "limit" | "facets">)[] = [
  () => ({ sort: "severity" }),
  ({ kind }) => ({ sort: "severity", kind: [kind] }),
  ({ word }) => ({ sort: "severity", readiness: [word] }),
  ({ namespace }) => ({ sort: "severity", namespace: [namespace] }),
  ({ slug }) => ({ sort: "severity", cluster: [slug] }),
  ({ kind, word }) => ({ sort: "severity", kind: [kind], readiness: [word] }),
  ({ slug, kind }) => ({ sort: "severity", cluster: [slug], kind: [kind] }),
  ({ namespace, word }) => ({ sort: "severity", namespace: [namespace], readiness: [word] }),
  ({ environment, kind }) => ({ sort: "severity", environment: [environment], kind: [kind] }),
  () => ({ sort: "name" }),
  ({ kind }) => ({ sort: "name", kind: [kind] }),
  () => ({ sort: "changed" }),
  ({ slug }) => ({ sort: "changed", cluster: [slug] }),
];

export const page: Bench = {
  name: "page",
  about: "a page of 50 rows, any filter, at a random depth, while events flow",
  async run(stage) {
    const size = stage.size({
      quick: { clusters: 200, perCluster: 1_000 },
      full: { clusters: 1_000, perCluster: 1_000 },
    });
    const large = await measure(stage, await stage.fleet(size));
    const conditions = {
      rows: size.clusters * size.perCluster,
      clusters: size.clusters,
      requestsPerSecond: REQUESTS_A_SECOND,
      eventsPerSecond: EVENTS_A_SECOND,
    };
    stage.report({
      metric: "p50 of a page, one after the other",
      values: large.alone.p50,
      unit: "ms",
      against: { what: "the list that holds everything (10,000 rows)", ratio: large.fullListMs / large.alone.p50 },
      conditions,
    });
    stage.report({
      metric: "p50 of a page over that of an SQL key lookup",
      values: large.alone.p50 / large.lookupMs,
      unit: "×",
      against: { what: "one SQL key lookup", ratio: large.lookupMs / large.alone.p50 },
      conditions,
    });
    if (stage.ratiosOnly) return;
    const small = await measure(stage, await stage.fleet(SMALL));
    stage.report({
      metric: "p50 of a first page with its counts, one after the other",
      values: large.firstMs,
      unit: "ms",
      conditions,
    });
    stage.report({ metric: "p50 of a page", values: large.pages.map(({ p50 }) => p50), unit: "ms", conditions });
    stage.report({
      metric: "p99 of a page",
      values: large.pages.map(({ p99 }) => p99),
      unit: "ms",
      goal: { max: 5 },
      conditions,
    });
    stage.report({
      metric: "CPU of the server and Postgres for a page",
      values: large.cpuMs,
      unit: "ms",
      conditions,
    });
    stage.report({
      metric: "growth of p50 from 1,000 rows, one after the other",
      values: large.alone.p50 / small.alone.p50,
      unit: "×",
      goal: { max: 1.3 },
      conditions,
    });
    stage.report({
      metric: "growth of p99 from 1,000 rows",
      values: p99Of(large.pages) / p99Of(small.pages),
      unit: "×",
      goal: { max: 1.3 },
      conditions,
    });
    for (const line of slowest(large.alone.each)) stage.note(`slowest, one after the other: ${line}`);
  },
};

const p99Of = (pages: readonly Latencies[]): number => median(pages.map(({ p99 }) => p99));

async function measure(stage: Stage, fleet: GeneratedFleet) {
  await using product = await startProductBeside(fleet);
  const sql = openPatient(fleet.url);
  await using full = await serveFullList(sql, DOUBLE_ROWS);
  const total = fleet.clusters * fleet.perCluster;
  const random = randomOf(total);
  const randomId = () => 1 + Math.floor(random() * total);
  const queries = await randomQueries(sql, stage.size({ quick: 200, full: 500 }), randomId);
  const ask = (nth: number) => product.query<ResourcePage>("resource.list", queries[nth % queries.length]!);
  let alone = await oneByOne(FILTERS.length, ask);
  const cpuMs = await cpuMsOf(product.pid, stage.postgres.pid, async () => {
    alone = await oneByOne(queries.length, ask);
  });
  const askFirst = (nth: number) => {
    const { cursor: _cursor, facets: _facets, ...query } = queries[nth % queries.length]!;
    return product.query<ResourcePage>("resource.list", query);
  };
  const firstMs = stage.ratiosOnly ? Number.NaN : (await oneByOne(queries.length, askFirst)).p50;
  const lookup = await oneByOne(1_000, () => sql`select * from flux_resources where id = ${randomId()}`);
  const fullList = await oneByOne(3, full.ask);

  const seconds = stage.size({ quick: 3, full: 15 });
  const whileWritten = async () => {
    await using _writes = await startBackgroundWrites(fleet.url, EVENTS_A_SECOND);
    return runs(3, () => atRate(REQUESTS_A_SECOND, REQUESTS_A_SECOND * seconds, ask));
  };
  const pages = stage.ratiosOnly ? [] : await whileWritten();
  await sql.end();
  return {
    pages,
    alone,
    firstMs,
    lookupMs: lookup.p50,
    fullListMs: fullList.p50,
    cpuMs: cpuMs / alone.each.length,
  };
}

/** One filter after the other, each from a random row of its own on. */
async function randomQueries(sql: Sql, count: number, randomId: () => number) {
  return runs(count, async (nth) => {
    const [row] = await sql<Row[]>`
      select r.id::text as id, r.kind, r.namespace, r.word, c.slug, c.environment
      from flux_resources r join clusters c on c.id = r.cluster_id where r.id >= ${randomId()} order by r.id limit 1`;
    // As a list asks that is scrolled: its first page counted what matches.
    const query = { ...FILTERS[nth % FILTERS.length]!(row!), limit: LIMIT, facets: [] };
    return { ...query, cursor: await cursorAfter(sql, query, row!.id) };
  });
}

/** The filters that take longest, for whoever looks for the reason. */
function slowest(each: readonly number[]): string[] {
  const timed = FILTERS.map((filter, at) => ({
    name: filter.toString().replace(/^.*?=> /, ""),
    ms: median(each.filter((_, nth) => nth % FILTERS.length === at)),
  }));
  const sorted = timed.sort((one, other) => other.ms - one.ms).slice(0, 3);
  return sorted.map(({ name, ms }) => `${name}: ${ms.toFixed(1)} ms`);
}
