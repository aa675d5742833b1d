import { isRecord, type Json } from "./json.ts";

/** Who set which fields: one entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time: string;
  fieldsType: "FieldsV1";
  fieldsV1: Json;
  subresource?: string;
}

/** The fields of a value, each under `f:NAME`; lists count as one value. */
export function fieldsOf(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [`f:${key}`, isRecord(field) ? { ".": {}, ...fieldsOf(field) } : {}]),
  );
}

/** What belongs to a manager is what it changed: what it set to what was there already stays with whoever set it. */
export function recordChange(
  entries: readonly ManagedFields[],
  { before, after, by }: { before: Json; after: Json; by: Omit<ManagedFields, "fieldsV1" | "fieldsType"> },
): ManagedFields[] {
  const { set, gone } = changedFields(before, after);
  const isTheirs = (entry: ManagedFields) =>
    entry.manager === by.manager && entry.operation === by.operation && entry.subresource === by.subresource;
  const own = entries.find(isTheirs);
  const lost = union(set, gone);
  const others = entries
    .filter((entry) => !isTheirs(entry))
    .map((entry) => ({ ...entry, fieldsV1: without(entry.fieldsV1, lost) }));
  const fieldsV1 = union(without(own?.fieldsV1 ?? {}, gone), set);
  return [...others, { ...by, fieldsType: "FieldsV1" as const, fieldsV1 }]
    .filter((entry) => Object.keys(entry.fieldsV1).length > 0)
    .sort(inOrder);
}

/** As an API server puts them: by operation, then by age, then by name. */
function inOrder(one: ManagedFields, other: ManagedFields): number {
  const [first, second] = [one, other].map(({ operation, time, manager }) => `${operation} ${time} ${manager}`) as [
    string,
    string,
  ];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Fields that a change set, and fields that it took away. */
function changedFields(before: Json, after: Json): { set: Json; gone: Json } {
  const set: Json = {};
  const gone: Json = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (is === undefined) gone[`f:${key}`] = {};
    else if (isRecord(is) && isRecord(was)) {
      const within = changedFields(was, is);
      if (Object.keys(within.set).length > 0) set[`f:${key}`] = within.set;
      if (Object.keys(within.gone).length > 0) gone[`f:${key}`] = within.gone;
    } else if (isRecord(is)) set[`f:${key}`] = { ".": {}, ...fieldsOf(is) };
    else if (!Bun.deepEquals(was, is)) set[`f:${key}`] = {};
  }
  return { set, gone };
}

function union(one: Json, other: Json): Json {
  const all: Json = { ...one };
  for (const [key, value] of Object.entries(other))
    all[key] = isRecord(all[key]) && isRecord(value) ? union(all[key], value) : value;
  return all;
}

/** Takes fields away; a field that is left with nothing in it goes too. */
function without(fields: Json, lost: Json): Json {
  const rest: Json = {};
  for (const [key, value] of Object.entries(fields)) {
    const taken = lost[key];
    if (!isRecord(taken)) rest[key] = value;
    else if (isRecord(value) && Object.keys(taken).length > 0) {
      const within = without(value, taken);
      if (Object.keys(within).length > 0) rest[key] = within;
    }
  }
  return rest;
}
