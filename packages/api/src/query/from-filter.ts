import { DomainError, type ResourceFilter } from "@flux-orchestrator/contract";
import { EVERYTHING, type FilterColumn, isIn, not, type Predicate } from "./predicate.ts";

type Filter = ResourceFilter & { not?: Omit<ResourceFilter, "text"> | undefined };
const FIELDS: Record<Exclude<keyof ResourceFilter, "text">, FilterColumn> = {
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
  if (filter.text !== undefined && filter.text !== "") terms.push({ text: searchable(filter.text) });
  return terms.length === 0 ? EVERYTHING : { all: terms };
}

function resolved(
  field: keyof typeof FIELDS,
  values: readonly string[],
  clusterIds: (key: string) => string | undefined,
): string[] {
  if (field !== "cluster") return values.map(searchable);
  return values.flatMap((key) => clusterIds(key) ?? []);
}

/** Text a database can hold: without NUL, and with lone surrogates replaced as the wire would. */
function searchable(text: string): string {
  if (text.includes("\0")) throw new DomainError("INPUT_INVALID", "A search text must not contain a NUL character.");
  return text.toWellFormed();
}
