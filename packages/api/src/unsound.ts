/** A place of an input that no schema looks at, and what is wrong there; never the value. */
export interface Unsound {
  path: string[];
  message: string;
}

/** A value on its way down; its path is put together only when it is wanted. */
interface Below {
  value: unknown;
  key?: string;
  in?: Below;
  level: number;
}

/** More than any operation takes: a spec of 32 levels, and what it stands in. */
const LEVELS_MAX = 40;

/**
 * A place that cannot mean what it says: a key `__proto__`, which schemas pass over in silence, or a text with half of a
 * surrogate pair, which every store and wire turns into something else; or the one where it gets too deep. Null when there is none.
 */
export function unsoundPlace(input: unknown): Unsound | null {
  // Not by recursion: how deep an input is, is for its sender to choose.
  const open: Below[] = [{ value: input, level: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value } = at;
    if (typeof value === "string" && !value.isWellFormed())
      return { path: pathOf(at), message: "is not well-formed Unicode" };
    if (typeof value !== "object" || value === null) continue;
    if (at.level === LEVELS_MAX) return { path: pathOf(at).slice(0, 1), message: "has too many levels" };
    for (const [key, below] of Object.entries(value)) {
      const next: Below = { value: below, key, in: at, level: at.level + 1 };
      if (key === "__proto__" || !key.isWellFormed()) return { path: pathOf(next), message: "is no key" };
      open.push(next);
    }
  }
  return null;
}

function pathOf(place: Below): string[] {
  const path: string[] = [];
  for (let at: Below | undefined = place; at?.key !== undefined; at = at.in) path.push(at.key);
  return path.reverse();
}
