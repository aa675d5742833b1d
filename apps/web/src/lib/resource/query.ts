import type { ResourceFilter, ResourceQuery } from "@flux-orchestrator/contract";
import { KIND_NAMES, READINESS } from "@flux-orchestrator/flux";
import { kindOfPlural } from "../kind-names.ts";

export const FIELDS = ["kind", "readiness", "namespace", "cluster", "env", "label", "revision"] as const;
export type Field = (typeof FIELDS)[number];
const ALIAS: Record<string, Field> = {
  kind: "kind",
  readiness: "readiness",
  status: "readiness",
  is: "readiness",
  namespace: "namespace",
  ns: "namespace",
  cluster: "cluster",
  env: "env",
  environment: "env",
  label: "label",
  labels: "label",
  revision: "revision",
  rev: "revision",
};
/** The field a name stands for: `ns` is namespace; undefined when there is none. */
export const fieldOf = (name: string): Field | undefined => ALIAS[name.toLowerCase()];
/** Short names that the flux and kubectl commands use too. */
const KIND_ALIAS: Record<string, string> = {
  ks: "Kustomization",
  hr: "HelmRelease",
  gitrepo: "GitRepository",
  ocirepo: "OCIRepository",
  helmrepo: "HelmRepository",
};

/** One chip of the query bar. A term with a `problem` does not run as written; its good values still do. */
export interface Term {
  field: Field | "text";
  values: string[];
  not: boolean;
  /** As typed, to show when it cannot be understood. */
  raw: string;
  /** Why it cannot be, in a sentence. */
  problem: string | null;
}

const closest = (value: string, names: readonly string[]): string | null =>
  names.find((name) => name.toLowerCase().startsWith(value.slice(0, 3).toLowerCase())) ?? null;
const understand = (value: string, names: readonly string[]): string | undefined =>
  names.find((name) => name.toLowerCase() === value.toLowerCase());
const understandKind = (value: string): string | undefined =>
  understand(value, KIND_NAMES) ?? KIND_ALIAS[value.toLowerCase()] ?? kindOfPlural(value);

function closedTerm(
  term: Term,
  names: readonly string[],
  what: string,
  read: (value: string) => string | undefined,
): Term {
  const problems: string[] = [];
  const values = term.values.flatMap((value) => {
    const known = read(value);
    if (known !== undefined) return [known];
    const near = closest(value, names);
    problems.push(`“${value}” is no ${what}${near === null ? "." : `; is it ${near}?`}`);
    return [];
  });
  return { ...term, values, problem: problems[0] ?? null };
}

function readTerm(raw: string): Term {
  const not = raw.startsWith("-") && raw.length > 1;
  const body = not ? raw.slice(1) : raw;
  const colon = /^([a-z]+):(.*)$/is.exec(body);
  if (colon === null) {
    const text = body.replaceAll('"', "");
    const problem = not
      ? `Text cannot be excluded; only ${FIELDS.slice(0, -1).join(", ")} and ${FIELDS.at(-1)} can.`
      : null;
    return { field: "text", values: [text], not, raw, problem };
  }
  const name = (colon[1] ?? "").toLowerCase();
  const field = fieldOf(name);
  const values = splitValues(colon[2] ?? "");
  if (field === undefined) {
    const near = closest(name, FIELDS);
    const problem = `There is no field “${name}”${near === null ? `; there are ${FIELDS.join(", ")}.` : `; is it ${near}?`}`;
    return { field: "text", values: [], not, raw, problem };
  }
  const term: Term = { field, values, not, raw, problem: null };
  if (values.length === 0) return { ...term, problem: `${field}: needs a value.` };
  if (field === "kind") return closedTerm(term, KIND_NAMES, "Flux kind", understandKind);
  if (field === "readiness") return closedTerm(term, READINESS, "readiness", (value) => understand(value, READINESS));
  if (field === "label") {
    const wrong = values.find((value) => !SELECTOR.test(value));
    const problem = wrong === undefined ? null : `“${wrong}” is no label: write key, key=value or !key.`;
    return { ...term, values: values.filter((value) => SELECTOR.test(value)), problem };
  }
  return term;
}
/** As the server reads them. */
const SELECTOR = /^!?[^!=\s]+$|^[^!=\s]+=[^=\s]*$/;

/** Quotes hold a value together and are never part of it. */
const splitValues = (values: string): string[] =>
  [...values.matchAll(/(?:"[^"]*"|[^,"])+/g)]
    .map((match) => match[0].replaceAll('"', "").trim())
    .filter((value) => value !== "");

/**
 * Reads a query as typed: `kind:HelmRelease readiness:failed,stalled -cluster:prod-lab checkout`. Different fields must all
 * match, values of one field are alternatives, `-` excludes, bare words are text.
 */
export function parseQuery(text: string): Term[] {
  const words = [...text.matchAll(/-?[a-z]+:(?:"[^"]*"|[^\s",]+|,)*|"[^"]*"|\S+/gi)].map((match) => match[0]);
  const terms: Term[] = [];
  for (const word of words) {
    const term = readTerm(word);
    if (term.field === "text" && term.problem === null && term.values[0]?.trim() === "") continue;
    const twin = terms.find(
      (other) =>
        other.field === term.field && other.not === term.not && other.problem === null && term.problem === null,
    );
    // Bare words stand for one text; repeated fields for more alternatives.
    if (twin === undefined) terms.push(term);
    else if (term.field === "text") twin.values = [[...twin.values, ...term.values].join(" ")];
    else twin.values = [...new Set([...twin.values, ...term.values])];
  }
  return terms;
}

/** A value as it is typed behind a field: in quotes when it would fall apart. */
export const quoteValue = (value: string): string => (/[\s,]/.test(value) ? `"${value}"` : value);
/** Words that read as text wherever they stand need no quotes. */
const isPlain = (text: string): boolean => text.split(" ").every((word) => /^[^\s":-][^\s":]*$/.test(word));
/** One term as it is typed. */
export function formatTerm(term: Term): string {
  if (term.problem !== null) return term.raw;
  if (term.field === "text") return term.values.map((text) => (isPlain(text) ? text : `"${text}"`)).join(" ");
  return `${term.not ? "-" : ""}${term.field}:${term.values.map(quoteValue).join(",")}`;
}
export const formatQuery = (terms: readonly Term[]): string => terms.map(formatTerm).join(" ");

/** The filter the server runs: terms that could not be understood are left out, the rest runs. */
export function filterOf(terms: readonly Term[]): Pick<ResourceQuery, "not"> & ResourceFilter {
  const filter: ResourceFilter = {};
  const not: ResourceFilter = {};
  for (const term of terms) {
    if (term.values.length === 0) continue;
    const side = term.not ? not : filter;
    if (term.field === "text") {
      if (!term.not) filter.text = term.values.join(" ").slice(0, 200);
    } else if (term.field === "env") side.environment = [...(side.environment ?? []), ...term.values];
    else Object.assign(side, { [term.field]: [...((side[term.field] as string[] | undefined) ?? []), ...term.values] });
  }
  return Object.keys(not).length > 0 ? { ...filter, not } : filter;
}

/** Adds a value to a field, or takes it away when it is there: what a facet chip does. */
export function toggleValue(terms: readonly Term[], field: Field, value: string): Term[] {
  const term = terms.find((other) => other.field === field && !other.not && other.problem === null);
  if (term === undefined) return [...terms, { field, values: [value], not: false, raw: "", problem: null }];
  const values = term.values.includes(value) ? term.values.filter((other) => other !== value) : [...term.values, value];
  return values.length === 0
    ? terms.filter((other) => other !== term)
    : terms.map((other) => (other === term ? { ...term, values } : other));
}
