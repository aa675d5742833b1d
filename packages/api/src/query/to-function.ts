import { foldText } from "./fold-text.ts";
import { type FilterColumn, type Predicate, SUBSTRING_MIN } from "./predicate.ts";

/** What a predicate looks at; a field that is absent is not known. */
export type Facts = Partial<Record<FilterColumn | "name" | "message", string>> & {
  revision?: string | null;
  labels?: Readonly<Record<string, string>>;
};

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
  if ("named" in predicate) return isNamed(foldText(predicate.named));
  if ("said" in predicate) return isSaid(foldText(predicate.said));
  if ("label" in predicate) {
    const { label, value } = predicate;
    return ({ labels }) => {
      if (labels === undefined) return null;
      return Object.hasOwn(labels, label) && (value === null || labels[label] === value);
    };
  }
  if ("revision" in predicate) {
    const { revision: begins } = predicate;
    return ({ revision }) => {
      if (revision == null) return revision === undefined ? null : false;
      return revision.startsWith(begins) || (revision.split(":")[1] ?? "").startsWith(begins);
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

const isNamed =
  (needle: string): Judge =>
  ({ namespace, name }) => {
    if (namespace === undefined || name === undefined) return null;
    const full = foldText(`${namespace}/${name}`);
    if ([...needle].length < SUBSTRING_MIN) return full.startsWith(needle) || full.includes(`/${needle}`);
    return full.includes(needle);
  };
const isSaid =
  (needle: string): Judge =>
  ({ word, message }) => {
    if (word === "Ready" || (message !== undefined && !foldText(message).includes(needle))) return false;
    return word === undefined || message === undefined ? null : true;
  };
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
