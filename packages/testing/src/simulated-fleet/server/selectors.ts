import { type Json, recordOf } from "../objects/json.ts";
import type { Revision } from "../objects/revision.ts";
import type { ServedResource } from "./served-resources.ts";
import { badRequest } from "./status.ts";

export type Selector = (revision: Revision) => boolean;

/** Which objects of a kind a request is about. @throws StatusError for a selector that cannot be read */
export function selectorOf(query: URLSearchParams, resource: ServedResource, namespace: string): Selector {
  const labels = termsOf(query.get("labelSelector") ?? "");
  const fields = termsOf(query.get("fieldSelector") ?? "");
  for (const { key } of fields)
    if (!(resource.kind === "Event" ? EVENT_FIELDS : FIELDS).has(key))
      throw badRequest(`field label not supported: ${key}`);
  if (labels.length + fields.length === 0)
    return ({ object }) => namespace === "" || object.design.namespace === namespace;
  return (revision) => {
    if (namespace !== "" && revision.object.design.namespace !== namespace) return false;
    const object = revision.json();
    const named = recordOf(recordOf(object["metadata"])["labels"]);
    return (
      labels.every((term) => term.holds(textOf(named[term.key]))) &&
      fields.every((term) => term.holds(textOf(fieldOf(object, term.key))))
    );
  };
}

const FIELDS = new Set(["metadata.name", "metadata.namespace"]);
const EVENT_FIELDS = new Set([
  ...FIELDS,
  ...["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map(
    (field) => `involvedObject.${field}`,
  ),
  ...["reason", "reportingComponent", "source", "type"],
]);

interface Term {
  key: string;
  holds(is: string | undefined): boolean;
}

/** Commas divide, but not within the brackets of a set. */
function termsOf(text: string): Term[] {
  return text
    .split(/,(?![^(]*\))/)
    .filter((term) => term !== "")
    .map(termOf);
}

function termOf(text: string): Term {
  const [, key, operator, value = ""] = /^\s*([\w./-]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(text) ?? [];
  if (key !== undefined)
    return {
      key,
      holds:
        operator === "!=" ? (is) => (is ?? "") !== value : (is) => is === value || (value === "" && is === undefined),
    };
  const [, member, not, set = ""] = /^\s*([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(text) ?? [];
  if (member !== undefined) {
    const values = new Set(set.split(",").map((one) => one.trim()));
    const isIn = (is: string | undefined) => is !== undefined && values.has(is);
    return { key: member, holds: not === "in" ? isIn : (is) => !isIn(is) };
  }
  const [, absent, name] = /^\s*(!?)\s*([\w./-]+)\s*$/.exec(text) ?? [];
  if (name === undefined) throw badRequest(`unable to parse requirement: ${text}`);
  return { key: name, holds: absent === "!" ? (is) => is === undefined : (is) => is !== undefined };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** `source` is short for the component that told it. */
function fieldOf(object: Json, key: string): unknown {
  const path = key === "source" ? "source.component" : key;
  return path.split(".").reduce<unknown>((value, part) => recordOf(value)[part], object);
}
