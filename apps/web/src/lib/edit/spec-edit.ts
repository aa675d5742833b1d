import { isRecord, type Json, sameJson } from "@flux-orchestrator/flux";
import { CORE_SCHEMA, dump, load, YAMLException } from "js-yaml";

/** What was typed as a spec, or why it is none. */
export type ReadSpec = { spec: Json; problem?: never } | { spec?: never; problem: string };

/** The spec as it is edited. */
export const specText = (spec: Json): string =>
  Object.keys(spec).length === 0 ? "" : dump(spec, { schema: CORE_SCHEMA, lineWidth: -1, noRefs: true });

/** Reads YAML, of which JSON is a part. */
export function readSpec(text: string): ReadSpec {
  try {
    const spec: unknown = text.trim() === "" ? {} : load(text, { schema: CORE_SCHEMA, maxAliases: 20 });
    return isRecord(spec) ? { spec } : { problem: "A spec is a mapping of keys to values." };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark?.line;
    return { problem: `${line === undefined ? "" : `Line ${line + 1}: `}${error.reason}.` };
  }
}

/** First-level keys that differ, with their new values; null for those that were taken away. */
export function changeOf(before: Json, after: Json): Json {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differing = [...keys].filter((key) => !sameJson(before[key] ?? null, after[key] ?? null));
  return Object.fromEntries(differing.map((key) => [key, after[key] ?? null]));
}

/** The spec with these first-level keys set; null takes one away. */
export const withChange = (spec: Json, change: Json): Json =>
  Object.fromEntries(Object.entries({ ...spec, ...change }).filter(([, value]) => value !== null));

/**
 * Puts a change on what the object has become meanwhile.
 * @returns the keys that somebody else changed, and those of them that are part of the change too
 */
export function rebase({ before, now, change }: { before: Json; now: Json; change: Json }): {
  spec: Json;
  theirs: string[];
  both: string[];
} {
  const theirs = Object.keys(changeOf(before, now));
  return { spec: withChange(now, change), theirs, both: theirs.filter((key) => Object.hasOwn(change, key)) };
}

/** `spec.interval, spec.path`. */
export const keyWords = (keys: readonly string[]): string => keys.map((key) => `spec.${key}`).join(", ");
