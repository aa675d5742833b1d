/** Columns of a resource that filters and rights may speak of. */
export const FILTER_COLUMNS = ["clusterId", "environment", "kind", "namespace", "word"] as const;
export type FilterColumn = (typeof FILTER_COLUMNS)[number];

/**
 * A filter or a right over resources: one tree, compiled to SQL for lists and counts and to a function for streams,
 * so that a list, its counts and its stream cannot disagree or leak.
 */
export type Predicate =
  | { readonly all: readonly Predicate[] }
  | { readonly any: readonly Predicate[] }
  | { readonly not: Predicate }
  | { readonly column: FilterColumn; readonly in: readonly string[] }
  /** Substring of `namespace/name` or of the message; letters A to Z match either case. */
  | { readonly text: string };

export const EVERYTHING: Predicate = { all: [] };
export const NOTHING: Predicate = { any: [] };

export const all = (...predicates: Predicate[]): Predicate => ({ all: predicates });
export const anyOf = (...predicates: Predicate[]): Predicate => ({ any: predicates });
export const not = (predicate: Predicate): Predicate => ({ not: predicate });
export const isIn = (column: FilterColumn, values: readonly string[]): Predicate => ({ column, in: values });

/** Whether the text of a row is needed to decide. Without it, the counters know the answer. */
export function speaksOfText(predicate: Predicate): boolean {
  if ("text" in predicate) return true;
  if ("not" in predicate) return speaksOfText(predicate.not);
  if ("column" in predicate) return false;
  return ("all" in predicate ? predicate.all : predicate.any).some(speaksOfText);
}
