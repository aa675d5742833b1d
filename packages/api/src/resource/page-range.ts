import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { inLabelSets, type LabelSets } from "../query/label-sets.ts";
import type { Predicate } from "../query/predicate.ts";
import { toSql } from "../query/to-sql.ts";
import type { Sorting } from "./sort.ts";

/** Rows that match, in the order of the query, after the row with these sort values; `count` of them at most. */
export interface PageWanted {
  predicate: Predicate;
  labelSets: LabelSets;
  query: Sorting;
  after: readonly (string | number)[] | null;
  count: number;
  /** How many match, where they were counted exactly. */
  total: number | null;
}

/** Where the rows of a page are found: their ids, and what orders them. */
export type Way = (sql: SqlRunner, wanted: PageWanted) => Fragment;

/** What an order and its page need of a row: but for `key` all of it stands in the indexes. */
export const KEYS = (sql: SqlRunner, { sort }: Sorting) => sql`
  r.id, r.cluster_id, r.namespace, r.name, r.severity, r.changed_at${sort === "key" ? sql`, r.kind, r."group"` : sql``}`;

export const unionOf = (sql: SqlRunner, parts: readonly Fragment[]): Fragment =>
  parts.reduce((so, part) => sql`${so} union all ${part}`);

export interface Part {
  branch: Predicate;
  among: Fragment;
  orderBy: Fragment;
  /** What is read of each row, over `r`; {@link KEYS} unless told. */
  columns?: Fragment;
}

/** Rows as they are, once they are found: part of a FROM, over `r` (flux_resources) and `c` (its cluster), and their order. */
export interface Walk {
  readonly from: Fragment;
  readonly orderBy: Fragment;
}
export type WalkTo = (sql: SqlRunner, wanted: PageWanted) => Walk;

/** The first rows of a branch among some, in an order that an index has. */
export const range = (
  sql: SqlRunner,
  { query, labelSets, count }: PageWanted,
  { branch, among, orderBy, columns = KEYS(sql, query) }: Part,
): Fragment => sql`
  (select ${columns} from flux_resources r
  where ${toSql(sql, branch)} and ${inLabelSets(sql, labelSets)} and ${among} order by ${orderBy} limit ${count})`;
