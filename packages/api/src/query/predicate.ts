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
  /** Has the label, with this value when one is given. */
  | { readonly label: string; readonly value: string | null }
  /** The revision begins so, or what stands behind its first colon does: the commit or the digest. */
  | { readonly revision: string }
  /**
   * Substring of `namespace/name`; fewer than {@link SUBSTRING_MIN} characters match only how the namespace or the name
   * begins, because no index could find them elsewhere. Letters A to Z match either case, here and in `said`.
   */
  | { readonly named: string }
  /** Substring of the message of a row that is not Ready. */
  | { readonly said: string };

export const SUBSTRING_MIN = 3;

export const EVERYTHING: Predicate = { all: [] };
export const NOTHING: Predicate = { any: [] };

export const all = (...predicates: Predicate[]): Predicate => ({ all: predicates });
export const anyOf = (...predicates: Predicate[]): Predicate => ({ any: predicates });
export const not = (predicate: Predicate): Predicate => ({ not: predicate });
/** What a search for a text finds. */
export const speaking = (text: string): Predicate =>
  [...text].length < SUBSTRING_MIN ? { named: text } : anyOf({ named: text }, { said: text });
export const isIn = (column: FilterColumn, values: readonly string[]): Predicate => ({ column, in: values });

/** Whether all its terms, however deep, are of one sort. */
export function speaksOf(predicate: Predicate, isOf: (term: Predicate) => boolean): boolean {
  if ("not" in predicate) return speaksOf(predicate.not, isOf);
  if ("all" in predicate) return predicate.all.every((part) => speaksOf(part, isOf));
  if ("any" in predicate) return predicate.any.every((part) => speaksOf(part, isOf));
  return isOf(predicate);
}
type ColumnTerm = Extract<Predicate, { column: FilterColumn }>;
export const isOfColumn = (term: Predicate): term is ColumnTerm => "column" in term;
export const isOfCluster = (term: Predicate): boolean =>
  isOfColumn(term) && (term.column === "clusterId" || term.column === "environment");
/** Of where it is in the order of keys: its cluster and its kind. */
export const isOfPlace = (term: Predicate): boolean =>
  isOfCluster(term) || (isOfColumn(term) && term.column === "kind");
export const isOfLabel = (term: Predicate): boolean => "label" in term;

/** Whether nothing that is Ready can match: the indexes of what is not Ready are enough then. */
export function leavesOutReady(predicate: Predicate): boolean {
  if ("all" in predicate) return predicate.all.some(leavesOutReady);
  if ("any" in predicate) return predicate.any.every(leavesOutReady);
  if ("not" in predicate) return isOfWord(predicate.not) && predicate.not.in.includes("Ready");
  return "said" in predicate || (isOfWord(predicate) && !predicate.in.includes("Ready"));
}
const isOfWord = (term: Predicate): term is ColumnTerm => isOfColumn(term) && term.column === "word";

/**
 * Of which clusters rows of a predicate can be: its terms of clusters alone. What the others say of a row is `others`, true
 * unless it is negated.
 */
export function ofClusters(predicate: Predicate, others = EVERYTHING): Predicate {
  if ("all" in predicate) return { all: predicate.all.map((part) => ofClusters(part, others)) };
  if ("any" in predicate) return { any: predicate.any.map((part) => ofClusters(part, others)) };
  if ("not" in predicate) return not(ofClusters(predicate.not, others === EVERYTHING ? NOTHING : EVERYTHING));
  if (isOfColumn(predicate) && predicate.in.length === 0) return NOTHING;
  return isOfCluster(predicate) ? predicate : others;
}

/** The terms that must all hold. */
export const termsOf = (predicate: Predicate): readonly Predicate[] =>
  "all" in predicate ? predicate.all.flatMap(termsOf) : [predicate];

/**
 * The same rows as predicates that have none in common, where a search splits it: each part has an index of its own in
 * every order, the whole has none.
 */
export function branchesOf(predicate: Predicate): readonly [Predicate, ...Predicate[]] {
  const terms = termsOf(predicate);
  const search = terms.find((term) => "any" in term && term.any.some((part) => "said" in part));
  if (search === undefined || !("any" in search)) return [predicate];
  const others = terms.filter((term) => term !== search);
  const [first, ...rest] = search.any.map((part, at) => all(...others, part, ...search.any.slice(0, at).map(not)));
  return [first ?? NOTHING, ...rest];
}
