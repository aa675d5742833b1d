import { isRecord, type Json } from "./json.ts";

/** Applies a JSON merge patch: null removes, objects merge, everything else replaces. @see RFC 7396 */
export function mergePatch(target: Json, patch: Json): Json {
  const merged: Json = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isRecord(value)) merged[key] = mergePatch(isRecord(merged[key]) ? merged[key] : {}, value);
    else merged[key] = value;
  }
  return merged;
}

/** One patch that does what two do, one after the other: its nulls stay. */
export function joinPatches(first: Json, second: Json): Json {
  const joined: Json = { ...first };
  for (const [key, value] of Object.entries(second))
    joined[key] = isRecord(value) && isRecord(joined[key]) ? joinPatches(joined[key], value) : value;
  return joined;
}
