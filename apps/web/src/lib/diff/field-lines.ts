import { dump } from "js-yaml";
import type { Difference } from "./compared-object.ts";
import { type DiffPart, foldEqual, lineDiff } from "./line-diff.ts";

/** A field as a unified diff of YAML, from what is wanted to what is on the cluster. */
export function fieldLines({ path, ...difference }: Difference): DiffPart[] {
  const lines = (side: "desired" | "actual") =>
    difference[side] === undefined ? [] : yamlLines(path, difference[side]);
  return foldEqual(lineDiff(lines("desired"), lines("actual")));
}

function yamlLines(path: string, value: unknown): string[] {
  const key = lastKey(path);
  return dump(key === null ? [value] : { [key]: value }, { lineWidth: -1, noRefs: true })
    .trimEnd()
    .split("\n");
}

/** The key a path ends with; null where it ends with an entry of a list. */
export function lastKey(path: string): string | null {
  const quoted = /\["((?:[^"\\]|\\.)*)"\]$/.exec(path);
  if (quoted !== null) return JSON.parse(`"${quoted[1]}"`) as string;
  return path.endsWith("]") ? null : (/[^.[\]]*$/.exec(path)?.[0] ?? null);
}
