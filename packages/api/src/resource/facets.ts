import type { ResourcePage } from "@flux-orchestrator/contract";
import type { SqlRunner } from "../context.ts";
import { type Predicate, speaksOfText } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";
import { resourcesOfClusters } from "./resource-rows.ts";

/** Where counting stops for a query that searches text: the page says "1,000+". */
export const COUNT_MAX = 1000;

type Counted = Pick<ResourcePage, "total" | "facets">;

/**
 * How many rows match, and how many there would be for each readiness and kind if that one filter were another. Exact
 * from the counters; a query that searches text is counted to 1,000.
 */
export async function countFacets(
  sql: SqlRunner,
  matching: (leave?: "kind" | "readiness") => Predicate,
): Promise<Counted> {
  const whole = matching();
  const [total, readiness, kind] = await Promise.all([
    count(sql, whole, null),
    count(sql, matching("readiness"), "word"),
    count(sql, matching("kind"), "kind"),
  ]);
  const sum = total.reduce((so, facet) => so + facet.count, 0);
  const more = total.some((facet) => facet.more);
  return { total: { count: Math.min(sum, more ? COUNT_MAX : sum), more }, facets: { readiness, kind } };
}

async function count(
  sql: SqlRunner,
  predicate: Predicate,
  by: "word" | "kind" | null,
): Promise<{ value: string; count: number; more: boolean }[]> {
  const value = by === "word" ? sql`r.word` : by === "kind" ? sql`r.kind` : sql`''::text`;
  if (!speaksOfText(predicate)) {
    const counted = await sql<{ value: string; count: number }[]>`
      select ${value} as value, sum(r.count)::int as count
      from resource_counts r join clusters c on c.id = r.cluster_id and c.deleted_at is null
      where ${toSql(sql, predicate)} group by 1 having sum(r.count) > 0 order by 2 desc, 1`;
    return counted.map((facet) => ({ ...facet, more: false }));
  }
  const sampled = await sql<{ value: string; count: number; sampled: number }[]>`
    select value, count(*)::int as count, (sum(count(*)) over ())::int as sampled
    from (select ${value} as value from ${resourcesOfClusters(sql)} where ${toSql(sql, predicate)} limit ${COUNT_MAX + 1}) as matches
    group by 1 order by 2 desc, 1`;
  return sampled.map((facet) => ({ value: facet.value, count: facet.count, more: facet.sampled > COUNT_MAX }));
}
