import { FACETS, type FacetField, type ResourcePage } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { inLabelSets, type LabelSets } from "../query/label-sets.ts";
import { type FilterColumn, isOfColumn, type Predicate, speaksOf } from "../query/predicate.ts";
import { toCountsSql, toSql } from "../query/to-sql.ts";
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
/** One value of a field, or of `total`, with what matches; `sampled` rows were looked at. */
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
export async function countFacets(sql: SqlRunner, fields: readonly FacetField[], of: Matching): Promise<Counted> {
  // Fields that the query does not filter by are counted together: they share its predicate.
  const byPredicate = new Map<string, { predicate: Predicate; fields: (FacetField | "total")[] }>();
  // What the counters do not know is counted only for whoever shows it.
  const isCounted = fields.length > 0 || speaksOf(of.matching(), isOfColumn);
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

const VALUE: Record<FacetField | "total", (sql: SqlRunner) => Fragment> = {
  total: (sql) => sql`''::text`,
  readiness: (sql) => sql`r.word`,
  kind: (sql) => sql`r.kind`,
  namespace: (sql) => sql`r.namespace collate "C"`,
  cluster: (sql) => sql`c.slug`,
  environment: (sql) => sql`c.environment`,
};

async function fromCounters(sql: SqlRunner, { predicate, fields }: Group): Promise<Count[]> {
  const tellsApart = (field: FacetField, column: FilterColumn) =>
    fields.includes(field) || !speaksOf(predicate, (term) => isOfColumn(term) && term.column !== column);
  // The narrowest counters that tell apart what is asked for.
  const [columns, table] = tellsApart("namespace", "namespace")
    ? [sql`cluster_id, namespace, kind, word, count`, sql`resource_counts`]
    : tellsApart("kind", "kind")
      ? [sql`cluster_id, kind, word, count`, sql`cluster_kind_counts`]
      : [sql`cluster_id, word, count`, sql`cluster_counts`];
  const matches = sql`select ${columns} from ${table} r where ${toCountsSql(sql, predicate)} and count > 0 and ${isRegistered(sql)}`;
  return await counted(sql, { fields, matches, count: sql`sum(r.count)::int`, more: sql`false` });
}

async function fromRows(sql: SqlRunner, { predicate, fields }: Group, labelSets: LabelSets): Promise<Count[]> {
  const matches = sql`
    select cluster_id, namespace, kind, word from flux_resources r
    where ${toSql(sql, predicate)} and ${inLabelSets(sql, labelSets)}
      and ${isRegistered(sql)} limit ${COUNT_MAX + 1}`;
  const more = sql`(select count(*) from matches) > ${COUNT_MAX}`;
  return await counted(sql, { fields, matches, count: sql`count(*)::int`, more });
}

async function counted(
  sql: SqlRunner,
  { fields, matches, count, more }: { fields: Group["fields"]; matches: Fragment; count: Fragment; more: Fragment },
): Promise<Count[]> {
  const parts = fields.map((field) => {
    const ofCluster = field === "cluster" || field === "environment";
    return sql`
      (select ${field} as field, ${VALUE[field](sql)} as value, ${count} as count, ${more} as more
      from matches r ${ofCluster ? sql`join clusters c on c.id = r.cluster_id` : sql``}
      group by 2 order by 3 desc, 2 limit ${VALUES_MAX})`;
  });
  const union = parts.reduce((so, part) => sql`${so} union all ${part}`);
  return await sql<Count[]>`with matches as materialized (${matches}) ${union}`;
}
