import { DomainError, type ResourceFilter } from "@flux-orchestrator/contract";
import { anyOf, EVERYTHING, type FilterColumn, isIn, not, type Predicate, speaking } from "./predicate.ts";

type Filter = ResourceFilter & { not?: Omit<ResourceFilter, "text"> | undefined };
const FIELDS: Record<Exclude<keyof ResourceFilter, "text" | "label" | "revision">, FilterColumn> = {
  kind: "kind",
  readiness: "word",
  namespace: "namespace",
  cluster: "clusterId",
  environment: "environment",
};

/**
 * The predicate of a filter. `clusterIds` gives the id of a cluster named by id or slug; one that is not known matches
 * nothing. `leave` leaves out a field: a facet counts what could be chosen instead.
 */
export function fromFilter(
  filter: Filter,
  clusterIds: (idOrSlug: string) => string | undefined,
  leave?: keyof ResourceFilter,
): Predicate {
  const terms: Predicate[] = [];
  for (const [field, column] of Object.entries(FIELDS) as [keyof typeof FIELDS, FilterColumn][]) {
    if (field === leave) continue;
    const wanted = filter[field];
    const unwanted = filter.not?.[field];
    if (wanted !== undefined && wanted.length > 0) terms.push(isIn(column, resolved(field, wanted, clusterIds)));
    if (unwanted !== undefined && unwanted.length > 0)
      terms.push(not(isIn(column, resolved(field, unwanted, clusterIds))));
  }
  terms.push(
    ...labelTerms(filter.label ?? []),
    ...(filter.not?.label ?? []).map((selector) => not(hasLabel(selector))),
  );
  const revisions = (values: readonly string[]) => anyOf(...values.map((value) => ({ revision: searchable(value) })));
  if (filter.revision !== undefined && filter.revision.length > 0) terms.push(revisions(filter.revision));
  if (filter.not?.revision !== undefined && filter.not.revision.length > 0)
    terms.push(not(revisions(filter.not.revision)));
  if (filter.text !== undefined && filter.text !== "") terms.push(speaking(searchable(filter.text)));
  return terms.length === 0 ? EVERYTHING : { all: terms };
}

/** Values of one key are alternatives, different keys must all match. */
const labelTerms = (selectors: readonly string[]): Predicate[] =>
  [...Map.groupBy(selectors, (selector) => selector.split("=")[0]).values()].map((alternatives) =>
    anyOf(...alternatives.map(hasLabel)),
  );

function hasLabel(selector: string): Predicate {
  if (selector.startsWith("!")) return not(hasLabel(selector.slice(1)));
  const [label = "", value = null] = searchable(selector).split("=");
  return { label, value };
}

function resolved(
  field: keyof typeof FIELDS,
  values: readonly string[],
  clusterIds: (key: string) => string | undefined,
): string[] {
  if (field !== "cluster") return values.map(searchable);
  return values.flatMap((key) => clusterIds(key) ?? []);
}

/** Text a database can hold. */
function searchable(text: string): string {
  if (text.includes("\0")) throw new DomainError("INPUT_INVALID", "A search text must not contain a NUL character.");
  return text;
}
