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
      labels.every((term) => holds(term, named[term.key])) &&
      fields.every((term) => holds(term, fieldOf(object, term.key)))
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
  operator: "=" | "!=" | "exists" | "absent";
  value: string;
}

function termsOf(text: string): Term[] {
  return text
    .split(",")
    .filter((term) => term !== "")
    .map((term) => {
      const [, not, key = "", operator, value = ""] = /^(!?)([^!=]+)(?:(==|=|!=)(.*))?$/.exec(term.trim()) ?? [];
      if (key === "" || /\s/.test(key)) throw badRequest(`unable to parse requirement: ${term}`);
      if (operator === undefined) return { key, operator: not === "!" ? "absent" : "exists", value };
      return { key, operator: operator === "!=" ? "!=" : "=", value };
    });
}

function holds({ operator, value }: Term, is: unknown): boolean {
  switch (operator) {
    case "exists":
      return is !== undefined;
    case "absent":
      return is === undefined;
    case "=":
      return (is ?? "") === value;
    case "!=":
      return (is ?? "") !== value;
  }
}

/** `source` is short for the component that told it. */
function fieldOf(object: Json, key: string): unknown {
  const path = key === "source" ? "source.component" : key;
  return path.split(".").reduce<unknown>((value, part) => recordOf(value)[part], object);
}
