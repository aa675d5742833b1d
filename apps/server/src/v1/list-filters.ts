/** Parameters that narrow a list by the field of the same name; with `-` before it, to what does not match. */
const FIELDS = ["kind", "readiness", "namespace", "cluster", "environment", "label", "revision"] as const;
type Field = (typeof FIELDS)[number];
/** Other names of the same: as REST v1 calls it everywhere else. */
const ALSO: Partial<Record<Field, string>> = { cluster: "cluster_id" };
const TEXT = "text";

type Lists = { [field in Field]?: string[] };

/** What a query asks for, in the words of the contract's filter; whether it can be meant is for the operation to say. */
export interface ListFilter extends Lists {
  text?: string;
  not?: Lists;
}

/** Reads the filter of a list or a watch. Repeated parameters are alternatives; an empty one counts as absent. */
export function listFilter(query: URLSearchParams): ListFilter {
  const filter: ListFilter = listsOf(query, "");
  const not = listsOf(query, "-");
  const text = query.get(TEXT);
  if (Object.keys(not).length > 0) filter.not = not;
  if (text !== null && text !== "") filter.text = text;
  return filter;
}

/** Names of parameters that are no filter. */
export function otherParameters(query: URLSearchParams): string[] {
  const names = FIELDS.flatMap((field) => namesOf(field)).flatMap((name) => [name, `-${name}`]);
  return [...new Set(query.keys())].filter((name) => name !== TEXT && !names.includes(name));
}

const namesOf = (field: Field): string[] => [field, ...(ALSO[field] === undefined ? [] : [ALSO[field]])];

function listsOf(query: URLSearchParams, sign: "" | "-"): Lists {
  const lists: Lists = {};
  for (const field of FIELDS) {
    const values = namesOf(field).flatMap((name) => query.getAll(sign + name).filter((value) => value !== ""));
    if (values.length > 0) lists[field] = values;
  }
  return lists;
}
