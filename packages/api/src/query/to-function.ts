import { foldText } from "./fold-text.ts";
import type { FilterColumn, Predicate } from "./predicate.ts";

/** What a predicate looks at; a field that is absent is not known. */
export type Facts = Partial<Record<FilterColumn | "name" | "message", string>>;

/**
 * Compiles a predicate to a function over a row: true, false, or null when a field it needs is not known. The same
 * answer as the SQL of `toSql` whenever every field is known.
 */
export function toFunction(predicate: Predicate): (row: Facts) => boolean | null {
  if ("all" in predicate) return every(predicate.all.map(toFunction));
  if ("any" in predicate) {
    const none = every(predicate.any.map(toFunction).map(negated));
    return negated(none);
  }
  if ("not" in predicate) return negated(toFunction(predicate.not));
  if ("text" in predicate) {
    const needle = foldText(predicate.text);
    return ({ namespace, name, message }) => {
      if (namespace !== undefined && name !== undefined && foldText(`${namespace}/${name}`).includes(needle))
        return true;
      if (message !== undefined && foldText(message).includes(needle)) return true;
      return namespace === undefined || name === undefined || message === undefined ? null : false;
    };
  }
  const values = new Set(predicate.in);
  return (row) => {
    if (values.size === 0) return false;
    const value = row[predicate.column];
    return value === undefined ? null : values.has(value);
  };
}

type Judge = (row: Facts) => boolean | null;
const negated =
  (judge: Judge): Judge =>
  (row) => {
    const verdict = judge(row);
    return verdict === null ? null : !verdict;
  };
const every =
  (judges: readonly Judge[]): Judge =>
  (row) => {
    let verdict: boolean | null = true;
    for (const judge of judges) {
      const one = judge(row);
      if (one === false) return false;
      if (one === null) verdict = null;
    }
    return verdict;
  };
