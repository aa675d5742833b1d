import { cursorAfter } from "@flux-orchestrator/api/test-cursor";
import type { ResourceFilter, ResourcePage } from "@flux-orchestrator/contract";
import { startBackgroundWrites } from "../lib/background-writes.ts";
import type { Bench } from "../lib/bench.ts";
import { serveFullList } from "../lib/doubles/full-list.ts";
import type { GeneratedFleet } from "../lib/generated-fleet.ts";
import { atRate, type Latencies, oneByOne, runs } from "../lib/load.ts";
import { openUnlimited } from "../lib/postgres.ts";
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
const FILTERS: readonly ((row: Row) => Omit<AnyQuery, "limit">)[] = [
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
    const small = await measure(stage, await stage.fleet(SMALL));
    const large = await measure(stage, await stage.fleet(size));
    const conditions = {
      rows: size.clusters * size.perCluster,
      clusters: size.clusters,
      requestsPerSecond: REQUESTS_A_SECOND,
      eventsPerSecond: EVENTS_A_SECOND,
    };
    const p50s = large.pages.map(({ p50 }) => p50);
    stage.report({
      metric: "p50 of a page",
      values: p50s,
      unit: "ms",
      against: { what: "the list that holds everything (10,000 rows)", ratio: large.fullListMs / median(p50s) },
      conditions,
    });
    stage.report({
      metric: "p99 of a page",
      values: large.pages.map(({ p99 }) => p99),
      unit: "ms",
      goal: { max: 5 },
      against: { what: "the time of one SQL key lookup", ratio: large.lookupMs / median(p50s) },
      conditions,
    });
    for (const part of ["p50", "p99"] as const) {
      const of = (pages: readonly Latencies[]) => median(pages.map((run) => run[part]));
      stage.report({
        metric: `growth of ${part} from 1,000 rows`,
        values: of(large.pages) / of(small.pages),
        unit: "×",
        goal: { max: 1.3 },
        conditions,
      });
    }
    for (const { name, p99 } of large.slowest)
      stage.note(`slow: ${name} at p99 ${p99.toFixed(1)} ms without anything else`);
  },
};

async function measure(stage: Stage, fleet: GeneratedFleet) {
  await using product = await startProductBeside(fleet);
  await using _writes = await startBackgroundWrites(fleet.url, EVENTS_A_SECOND);
  const sql = openUnlimited(fleet.url);
  await using full = await serveFullList(sql, DOUBLE_ROWS);
  const total = fleet.clusters * fleet.perCluster;
  const random = randomOf(total);
  const queries: { query: AnyQuery & { cursor: string }; filter: number }[] = [];
  for (let nth = 0; nth < stage.size({ quick: 200, full: 500 }); nth++) {
    const filter = nth % FILTERS.length;
    const [row] = await sql<Row[]>`
      select r.id::text as id, r.kind, r.namespace, r.word, c.slug, c.environment
      from flux_resources r join clusters c on c.id = r.cluster_id where r.id >= ${1 + Math.floor(random() * total)} order by r.id limit 1`;
    const query = { ...FILTERS[filter]!(row!), limit: LIMIT };
    queries.push({ filter, query: { ...query, cursor: await cursorAfter(sql, query, row!.id) } });
  }
  const ask = (nth: number) => product.query<ResourcePage>("resource.list", queries[nth % queries.length]!.query);
  await oneByOne(FILTERS.length, ask);
  const seconds = stage.size({ quick: 3, full: 15 });
  const pages = await runs(3, () => atRate(REQUESTS_A_SECOND, REQUESTS_A_SECOND * seconds, ask));
  const lookup = await oneByOne(
    1_000,
    () => sql`select * from flux_resources where id = ${1 + Math.floor(random() * total)}`,
  );
  const fullList = await oneByOne(3, full.ask);
  await sql.end();
  return { pages, lookupMs: lookup.p50, fullListMs: fullList.p50, slowest: await slowest(queries, ask) };
}

/** The filters that take longest, for whoever looks for the reason. */
async function slowest(queries: readonly { filter: number }[], ask: (nth: number) => Promise<unknown>) {
  const timed: { name: string; p99: number }[] = [];
  for (const filter of FILTERS.keys()) {
    const those = queries.flatMap((query, nth) => (query.filter === filter ? [nth] : []));
    const { p99 } = await oneByOne(those.length, (nth) => ask(those[nth]!));
    timed.push({ name: FILTERS[filter]!.toString().replace(/^[^{]*=> \(/, ""), p99 });
  }
  return timed.sort((one, other) => other.p99 - one.p99).slice(0, 3);
}
