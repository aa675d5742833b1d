/** Fields of the filter, and the parameters that narrow by them; with `-` before it, to what does not match. */
const PARAMETERS = {
  kind: "kind",
  readiness: "readiness",
  namespace: "namespace",
  cluster: "cluster_id",
  environment: "environment",
  label: "label",
  revision: "revision",
} as const;
type Field = keyof typeof PARAMETERS;
const FIELDS = Object.keys(PARAMETERS) as Field[];
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
  const names: string[] = FIELDS.flatMap((field) => [PARAMETERS[field], `-${PARAMETERS[field]}`]);
  return [...new Set(query.keys())].filter((name) => name !== TEXT && !names.includes(name));
}

function listsOf(query: URLSearchParams, sign: "" | "-"): Lists {
  const lists: Lists = {};
  for (const field of FIELDS) {
    const values = query.getAll(sign + PARAMETERS[field]).filter((value) => value !== "");
    if (values.length > 0) lists[field] = values;
  }
  return lists;
}
