import { FACETS, type FacetField, type ResourcePage } from "@flux-orchestrator/contract";
import { READINESS, severitiesOf } from "@flux-orchestrator/flux";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { inLabelSets, type LabelSets } from "../query/label-sets.ts";
import { branchesOf, isOfColumn, type Predicate, speaksOf } from "../query/predicate.ts";
import { rowsOf } from "../query/rows-of.ts";
import { toCountsSql } from "../query/to-sql.ts";
import { isRegistered } from "./resource-rows.ts";

/** Where counting stops for a query that the counters do not know: the page says "1,000+". */
export const COUNT_MAX = 1000;
/** Values a facet tells at most: beyond them people type. */
const VALUES_MAX = 50;

type Counted = Pick<ResourcePage, "total" | "facets">;
interface Matching {
  /** The query's predicate; without one of its fields, to count what could be chosen instead. */
  matching: (leave?: FacetField) => Predicate;
  labelSets: LabelSets;
}
/** One value of a field, or of `total`, with what matches. */
interface Count {
  field: FacetField | "total";
  value: string;
  count: number;
  more: boolean;
}

/**
 * How many rows match, and how many there would be for each value of the fields if that one filter were another. Exact from
 * the counters for what speaks of columns only; anything else is counted to 1,000.
 */
export async function countFacets(
  sql: SqlRunner,
  { facets: fields, isRest }: { facets: readonly FacetField[]; isRest: boolean },
  of: Matching,
): Promise<Counted> {
  // Fields that the query does not filter by are counted together: they share its predicate.
  const byPredicate = new Map<string, { predicate: Predicate; fields: (FacetField | "total")[] }>();
  // What the counters do not know is counted only for whoever shows it, and the whole once for all pages of a list.
  const isCounted = fields.length > 0 || (!isRest && speaksOf(of.matching(), isOfColumn));
  for (const field of isCounted ? (["total", ...fields] as const) : []) {
    const predicate = of.matching(field === "total" ? undefined : field);
    const key = JSON.stringify(predicate);
    const group = byPredicate.get(key) ?? { predicate, fields: [] };
    byPredicate.set(key, { ...group, fields: [...group.fields, field] });
  }
  const counts = (
    await Promise.all(
      [...byPredicate.values()].map((group) => {
        const known = speaksOf(group.predicate, isOfColumn);
        return known ? fromCounters(sql, group) : fromRows(sql, group, of.labelSets);
      }),
    )
  ).flat();
  const facet = (field: FacetField) =>
    counts.filter((count) => count.field === field).map(({ value, count, more }) => ({ value, count, more }));
  const { count = 0, more = false } = counts.find(({ field }) => field === "total") ?? {};
  return {
    total: isCounted ? { count: Math.min(count, more ? COUNT_MAX : count), more } : null,
    facets: Object.fromEntries(FACETS.map((field) => [field, facet(field)])) as ResourcePage["facets"],
  };
}

interface Group {
  predicate: Predicate;
  fields: readonly (FacetField | "total")[];
}

/** The column that tells a field's values apart. */
const COLUMN: Record<FacetField, string> = {
  readiness: "word",
  kind: "kind",
  namespace: "namespace",
  cluster: "cluster_id",
  environment: "cluster_id",
};
const VALUE: Record<FacetField | "total", (sql: SqlRunner) => Fragment> = {
  total: (sql) => sql`r.total`,
  readiness: (sql) => sql`r.word`,
  kind: (sql) => sql`r.kind`,
  namespace: (sql) => sql`r.namespace collate "C"`,
  cluster: (sql) => sql`c.slug`,
  environment: (sql) => sql`c.environment`,
};

/**
 * Whether more than `max` rows match a predicate that speaks of columns only. Counters are summed up only until it is known:
 * the more rows match, the sooner.
 */
export async function areMoreThan(sql: SqlRunner, max: number, predicate: Predicate): Promise<boolean> {
  const [answer] = await sql<{ more: boolean }[]>`
    select exists (
      select from (
        select sum(r.count) over (rows unbounded preceding) as so from ${counters(sql, predicate, [])}
      ) r where so > ${max}
    ) as more`;
  return answer?.more ?? false;
}

const fromCounters = (sql: SqlRunner, { predicate, fields }: Group): Promise<Count[]> =>
  counted(sql, fields, {
    rows: sql`select r.* from ${counters(sql, predicate, fields)}`,
    count: sql`sum(r.count)::int`,
    more: sql`false`,
  });

/** The narrowest counters that tell apart what is asked for, over `r`. */
function counters(sql: SqlRunner, predicate: Predicate, fields: Group["fields"]): Fragment {
  const tellsApart = (column: "namespace" | "kind") =>
    fields.includes(column) || !speaksOf(predicate, (term) => isOfColumn(term) && term.column !== column);
  const table = tellsApart("namespace")
    ? sql`resource_counts`
    : tellsApart("kind")
      ? sql`cluster_kind_counts`
      : sql`cluster_counts`;
  return sql`${table} r where ${toCountsSql(sql, predicate)} and r.count > 0 and ${isRegistered(sql)}`;
}

/** The word as its severity tells it, over `r` (flux_resources): indexes have that, so that no row is read to be counted. */
const WORD = (sql: SqlRunner): Fragment => {
  const cases = READINESS.flatMap((word) => severitiesOf(word).map((severity) => `when ${severity} then '${word}'`));
  return sql.unsafe(`case r.severity ${cases.join(" ")} end`) as Fragment;
};

async function fromRows(sql: SqlRunner, { predicate, fields }: Group, labelSets: LabelSets): Promise<Count[]> {
  // Written out: of a limit it does not know the planner thinks that a tenth of the rows is wanted, and reads all names for it.
  const limit = sql.unsafe(String(COUNT_MAX + 1));
  const first = branchesOf(predicate).map((branch) => {
    const { from, where } = rowsOf(sql, branch);
    return sql`
      (select r.cluster_id, r.namespace, r.kind, ${WORD(sql)} as word from ${from}
      where ${where} and ${inLabelSets(sql, labelSets)} and ${isRegistered(sql)} limit ${limit})`;
  });
  const rows = sql`select r.* from (${first.reduce((so, branch) => sql`${so} union all ${branch}`)}) r limit ${limit}`;
  const more = sql`(select sum(count) from matches) > ${COUNT_MAX}`;
  return await counted(sql, fields, { rows, count: sql`count(*)::int`, more });
}

/** Counts what the fields tell apart once, then each of them from these few. */
async function counted(
  sql: SqlRunner,
  fields: Group["fields"],
  { rows, count, more }: { rows: Fragment; count: Fragment; more: Fragment },
): Promise<Count[]> {
  const columns = new Set(fields.flatMap((field) => (field === "total" ? [] : [COLUMN[field]])));
  const apart = [...columns].reduce((so, column) => sql`${so}, r.${sql(column)}`, sql`''::text as total`);
  const grouped = [...columns].reduce((so, column) => sql`${so}, r.${sql(column)}`, sql`1`);
  const parts = fields.map((field) => {
    const ofCluster = field === "cluster" || field === "environment";
    return sql`
      (select ${field} as field, ${VALUE[field](sql)} as value, sum(r.count)::int as count, ${more} as more
      from matches r ${ofCluster ? sql`join clusters c on c.id = r.cluster_id` : sql``}
      group by 2 order by 3 desc, 2 limit ${VALUES_MAX})`;
  });
  return await sql<Count[]>`
    with matches as materialized (select ${apart}, ${count} as count from (${rows}) r group by ${grouped})
    ${parts.reduce((so, part) => sql`${so} union all ${part}`)}`;
}
