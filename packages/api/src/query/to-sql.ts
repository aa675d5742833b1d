import { READINESS, type Readiness, severitiesOf } from "@flux-orchestrator/flux";
import type { Fragment, ISql } from "postgres";
import { foldText } from "./fold-text.ts";
import { type FilterColumn, leavesOutReady, type Predicate, SUBSTRING_MIN } from "./predicate.ts";

/**
 * Compiles a predicate to a condition over `r` (flux_resources). Values are always parameters, but for our own severities:
 * with them the planner sees that an index of what is not Ready is enough.
 */
export function toSql(sql: ISql<{}>, predicate: Predicate): Fragment {
  const condition = compile(sql, predicate, columnOfRow);
  return leavesOutReady(predicate) ? sql`(r.severity > 0 and ${condition})` : condition;
}

/** The same over `r` (resource_counts), for a predicate that speaks of columns only. */
export const toCountsSql = (sql: ISql<{}>, predicate: Predicate): Fragment => compile(sql, predicate, columnOfCount);

/** The same over `r` (label_sets), for a predicate that speaks of labels only. */
export const toLabelSetsSql = (sql: ISql<{}>, predicate: Predicate): Fragment => compile(sql, predicate, columnOfCount);

/** The same over `c` (clusters), for a predicate that speaks of clusters only. */
export const toClustersSql = (sql: ISql<{}>, predicate: Predicate): Fragment =>
  compile(sql, predicate, (_, column, values) =>
    column === "clusterId" ? sql`(c.id = any(${[...values]}::uuid[]))` : sql`(c.environment = any(${[...values]}))`,
  );

type ColumnSql = (sql: ISql<{}>, column: FilterColumn, values: readonly string[]) => Fragment;

function compile(sql: ISql<{}>, predicate: Predicate, column: ColumnSql): Fragment {
  if ("all" in predicate) return join(sql, predicate.all, "and", column);
  if ("any" in predicate) return join(sql, predicate.any, "or", column);
  if ("not" in predicate) return sql`(not ${compile(sql, predicate.not, column)})`;
  if ("named" in predicate) return namedSql(sql, foldText(predicate.named));
  if ("said" in predicate)
    return sql`(r.severity > 0 and not ${ofWords(sql, ["Ready"])} and lower(r.message collate "C") like ${`%${literal(foldText(predicate.said))}%`})`;
  if ("label" in predicate) {
    const { label, value } = predicate;
    return value === null
      ? sql`(r.labels ? ${label})`
      : sql`(r.labels @> ${JSON.stringify({ [label]: value })}::text::jsonb)`;
  }
  if ("revision" in predicate) {
    const begins = `${literal(predicate.revision)}%`;
    // Never null: the negation of what has no revision is true.
    return sql`(r.revision is not null and (r.revision collate "C" like ${begins} or split_part(r.revision, ':', 2) collate "C" like ${begins}))`;
  }
  return predicate.in.length === 0 ? sql`false` : column(sql, predicate.column, predicate.in);
}

const columnOfRow: ColumnSql = (sql, column, values) => {
  return column === "word" ? ofWords(sql, values) : columnOfCount(sql, column, values);
};

/** What the indexes carry of the word, and as much: no two words share a severity. */
function ofWords(sql: ISql<{}>, words: readonly string[]): Fragment {
  const severities = words.flatMap((word) => (isReadiness(word) ? severitiesOf(word) : []));
  return sql`(r.severity = any(${sql.unsafe(`'{${severities.join()}}'::smallint[]`)}))`;
}

const isReadiness = (word: string): word is Readiness => (READINESS as readonly string[]).includes(word);

const columnOfCount: ColumnSql = (sql, column, values) => {
  const list = [...values];
  if (column === "clusterId") return sql`(r.cluster_id = any(${list}::uuid[]))`;
  if (column === "environment")
    return sql`(r.cluster_id = any(array(select e.id from clusters e where e.environment = any(${list}))))`;
  return sql`(${{ kind: sql`r.kind`, namespace: sql`r.namespace`, word: sql`r.word` }[column]} = any(${list}))`;
};

function namedSql(sql: ISql<{}>, needle: string): Fragment {
  const full = sql`lower((r.namespace || '/' || r.name) collate "C")`;
  const text = literal(needle);
  return [...needle].length < SUBSTRING_MIN
    ? sql`(${full} like ${`${text}%`} or ${full} like ${`%/${text}%`})`
    : sql`(${full} like ${`%${text}%`})`;
}

/** A text as part of a LIKE pattern that matches nothing but itself. */
const literal = (text: string): string => text.replace(/[\\%_]/g, (mark) => `\\${mark}`);

function join(sql: ISql<{}>, predicates: readonly Predicate[], word: "and" | "or", column: ColumnSql): Fragment {
  const [first, ...rest] = predicates;
  if (first === undefined) return word === "and" ? sql`true` : sql`false`;
  return rest.reduce<Fragment>(
    (so, next) =>
      word === "and" ? sql`(${so} and ${compile(sql, next, column)})` : sql`(${so} or ${compile(sql, next, column)})`,
    compile(sql, first, column),
  );
}
