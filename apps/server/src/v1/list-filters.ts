import { Readiness } from "@flux-orchestrator/contract";
import { oneOf } from "./one-of.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";

/** Fields of the filter, and the parameters that narrow by them; with `-` in front, to what does not match. */
const PARAMETERS = {
  kind: "kind",
  readiness: "readiness",
  namespace: "namespace",
  cluster: "cluster_id",
  environment: "environment",
  label: "label",
  revision: "revision",
} as const;
const TEXT = "text";

/**
 * The filter of a list or a watch, from the query of its address. Repeated values are alternatives, different parameters must
 * all match; an empty value counts as absent. Kinds are as they were sent: what is none is for each door to say.
 * @throws DomainError INPUT_INVALID
 */
export function listFilter(query: URLSearchParams) {
  const not = fieldsOf(query, "-");
  return absentOnesLeftOut({
    ...fieldsOf(query, ""),
    text: query.get(TEXT) || undefined,
    not: Object.keys(not).length === 0 ? undefined : not,
  });
}

/** Names of parameters that are no filter. */
export function otherParameters(query: URLSearchParams): string[] {
  const names: string[] = Object.values(PARAMETERS).flatMap((name) => [name, `-${name}`]);
  return [...new Set(query.keys())].filter((name) => name !== TEXT && !names.includes(name));
}

function fieldsOf(query: URLSearchParams, sign: "" | "-") {
  const all = (field: keyof typeof PARAMETERS) => {
    const values = query.getAll(sign + PARAMETERS[field]).filter((value) => value !== "");
    return values.length === 0 ? undefined : values;
  };
  return absentOnesLeftOut({
    kind: all("kind"),
    readiness: all("readiness")?.map((word) => oneOf(`${sign}readiness`, Readiness.options, word)),
    namespace: all("namespace"),
    cluster: all("cluster"),
    environment: all("environment"),
    label: all("label"),
    revision: all("revision"),
  });
}
