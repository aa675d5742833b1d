import type { listStoredResources } from "@flux-orchestrator/api";
import { SORTS } from "@flux-orchestrator/contract";
import { listFilter } from "../list-filters.ts";
import { oneOf } from "../one-of.ts";
import type { InputOf } from "../route.ts";
import { kindsOf } from "./kinds.ts";
import type { V1Resource } from "./resource.ts";

type Query = InputOf<typeof listStoredResources>;

/** Every field of a resource, in the order of the answer. */
const FIELDS: Record<keyof V1Resource, { ofDocument?: true }> = {
  id: {},
  cluster_id: {},
  kind: {},
  name: {},
  namespace: {},
  status: {},
  message: { ofDocument: true },
  last_reconcile: {},
  metadata: { ofDocument: true },
  created_at: {},
  updated_at: {},
};
const NAMES = Object.keys(FIELDS) as (keyof V1Resource)[];
const ORDERS: readonly NonNullable<Query["sort"]>[] = ["key", ...SORTS];

/**
 * Which objects a list holds and in which order, from the query of its address.
 * @throws DomainError INPUT_INVALID, KIND_NOT_SUPPORTED
 */
export const resourceQueryOf = (query: URLSearchParams): Query => ({
  ...listFilter(query),
  kind: kindsOf(query),
  ...orderOf(query.get("sort") || "key"),
});

/** An order; with `-` in front it is turned around. */
function orderOf(sort: string): Pick<Query, "sort" | "descending"> {
  const descending = sort.startsWith("-");
  return { sort: oneOf("sort", ORDERS, descending ? sort.slice(1) : sort), descending };
}

/**
 * The fields that `fields` names, separated by commas, in the order of the answer; undefined for all of them.
 * @throws DomainError INPUT_INVALID for a name that no field has
 */
export function fieldsOf(query: URLSearchParams): readonly (keyof V1Resource)[] | undefined {
  const asked = query
    .getAll("fields")
    .flatMap((names) => names.split(","))
    .filter((name) => name !== "")
    .map((name) => oneOf("fields", NAMES, name));
  return asked.length === 0 ? undefined : NAMES.filter((name) => asked.includes(name));
}

/** Whether a field is told by the objects' documents alone. */
export const needDocuments = (fields: readonly (keyof V1Resource)[] | undefined): boolean =>
  fields === undefined || fields.some((field) => FIELDS[field].ofDocument === true);

/** The same with these fields alone; with all of them unless told. */
export const withFields = (
  resource: V1Resource,
  fields: readonly (keyof V1Resource)[] | undefined,
): Partial<V1Resource> =>
  fields === undefined ? resource : Object.fromEntries(fields.map((field) => [field, resource[field]]));
