import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { all, type Predicate, termsOf } from "./predicate.ts";
import { toSql } from "./to-sql.ts";

/** Where the rows of a predicate are, and which of these they are, both over `r` (flux_resources). */
export interface Rows {
  from: Fragment;
  where: Fragment;
}

/**
 * The rows of a predicate. Those with a certain name are reached from `resource_names`, where each name stands once: it is
 * the only place with an index of substrings.
 */
export function rowsOf(sql: SqlRunner, predicate: Predicate): Rows {
  const { named, others } = byName(predicate);
  if (named === undefined) return { from: sql`flux_resources r`, where: toSql(sql, predicate) };
  return {
    from: sql`(select r.namespace, r.name from resource_names r where ${toSql(sql, named)}) n
      join flux_resources r on r.namespace = n.namespace and r.name = n.name`,
    where: toSql(sql, others),
  };
}

/** What a predicate says of the name, and the rest of it. */
export function byName(predicate: Predicate): { named: Predicate | undefined; others: Predicate } {
  const terms = termsOf(predicate);
  const named = terms.find((term) => "named" in term);
  return { named, others: all(...terms.filter((term) => term !== named)) };
}
