import type { Fragment, ISql } from "postgres";
import { foldText } from "./fold-text.ts";
import type { FilterColumn, Predicate } from "./predicate.ts";

/** Where the columns of a predicate are found: `r` is flux_resources or resource_counts, `c` the row's cluster. */
const columnsOf = (sql: ISql<{}>): Record<FilterColumn, Fragment> => ({
  clusterId: sql`r.cluster_id::text`,
  environment: sql`c.environment`,
  kind: sql`r.kind`,
  namespace: sql`r.namespace`,
  word: sql`r.word`,
});

/**
 * Compiles a predicate to a condition over `r` (flux_resources, or resource_counts when the predicate does not speak of
 * text) joined with `c` (clusters). Values are always parameters.
 */
export function toSql(sql: ISql<{}>, predicate: Predicate): Fragment {
  if ("all" in predicate) return join(sql, predicate.all, "and");
  if ("any" in predicate) return join(sql, predicate.any, "or");
  if ("not" in predicate) return sql`(not ${toSql(sql, predicate.not)})`;
  if ("text" in predicate) {
    const needle = foldText(predicate.text);
    return sql`(strpos(lower((r.namespace || '/' || r.name) collate "C"), ${needle}) > 0 or strpos(lower(r.message collate "C"), ${needle}) > 0)`;
  }
  if (predicate.in.length === 0) return sql`false`;
  if (predicate.column === "clusterId") return sql`(r.cluster_id = any(${[...predicate.in]}::uuid[]))`;
  return sql`(${columnsOf(sql)[predicate.column]} = any(${[...predicate.in]}))`;
}

function join(sql: ISql<{}>, predicates: readonly Predicate[], word: "and" | "or"): Fragment {
  const [first, ...rest] = predicates;
  if (first === undefined) return word === "and" ? sql`true` : sql`false`;
  return rest.reduce<Fragment>(
    (so, next) => (word === "and" ? sql`(${so} and ${toSql(sql, next)})` : sql`(${so} or ${toSql(sql, next)})`),
    toSql(sql, first),
  );
}
