import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { all, isOfLabel, type Predicate, speaksOf, termsOf } from "./predicate.ts";
import { toLabelSetsSql } from "./to-sql.ts";

/** Beyond this many sets of labels the index of sets is no shorter way. */
const SETS_MAX = 5_000;

/** Hashes of the sets of labels that rows of a predicate can have; `any` when it does not speak of labels, or `many`. */
export type LabelSets = readonly string[] | "any" | "many";

export async function labelSetsOf(sql: SqlRunner, predicate: Predicate): Promise<LabelSets> {
  const ofLabels = termsOf(predicate).filter((term) => speaksOf(term, isOfLabel));
  if (ofLabels.length === 0) return "any";
  const sets = await sql<{ hash: string }[]>`
    select r.hash::text as hash from label_sets r where ${toLabelSetsSql(sql, all(...ofLabels))} limit ${SETS_MAX + 1}`;
  return sets.length > SETS_MAX ? "many" : sets.map(({ hash }) => hash);
}

/**
 * A condition over `r` (flux_resources) that an index answers. It only shortens the way: what the labels must be is the
 * predicate's to say.
 */
export const inLabelSets = (sql: SqlRunner, sets: LabelSets): Fragment =>
  typeof sets === "string" ? sql`true` : sql`hashtextextended(r.labels::text, 0) = any(${[...sets]}::bigint[])`;
