import { MASK, maskObject } from "./mask.ts";
import { isRecord, type Json, type KubeObject } from "./object.ts";

/** A spec ready to be written, or the places whose live value nobody can tell. */
export interface Unmasked {
  spec: Json;
  /** Something of it was taken from the live object: it is true at that version only. */
  restored: boolean;
  /** As `values.users.0.password`; where there are any, nothing may be written. */
  unknown: string[];
}

/**
 * Puts live values back into a spec that was edited as it was shown, so that no mask is ever written over a value. What comes
 * back as it was shown stands for what is there; an entry of a list is found again by being the same, or by its `name`.
 */
export function unmaskSpec(live: KubeObject, spec: Json): Unmasked {
  const shown = maskObject(live, () => "").object;
  const unmasked: Unmasked = { spec: {}, restored: false, unknown: [] };
  unmasked.spec = unmaskRecord(spec, { shown: shown.spec, live: live.spec, path: [] }, unmasked);
  return unmasked;
}

/** The same place of the object as it was shown and as it is. */
interface Counterpart {
  shown: unknown;
  live: unknown;
  path: readonly (string | number)[];
}

function unmaskValue(sent: unknown, at: Counterpart, found: Unmasked): unknown {
  if (sameJson(sent, at.shown)) {
    if (!sameJson(sent, at.live)) found.restored = true;
    return at.live;
  }
  if (typeof sent === "string" && sent.includes(MASK)) {
    found.unknown.push(at.path.join("."));
    return sent;
  }
  if (Array.isArray(sent)) return sent.map((entry, index) => unmaskValue(entry, entryOf(entry, index, at), found));
  return isRecord(sent) ? unmaskRecord(sent, at, found) : sent;
}

function unmaskRecord(sent: Json, { shown, live, path }: Counterpart, found: Unmasked): Json {
  const below = (holder: unknown, key: string) =>
    isRecord(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => [
      key,
      unmaskValue(value, { shown: below(shown, key), live: below(live, key), path: [...path, key] }, found),
    ]),
  );
}

/** The entry of the shown list that a sent one is; none when it may be several: their live values differ. */
function entryOf(sent: unknown, index: number, { shown, live, path }: Counterpart): Counterpart {
  const at = { shown: undefined, live: undefined, path: [...path, index] };
  if (!Array.isArray(shown) || !Array.isArray(live) || shown.length !== live.length) return at;
  const only = (matches: (entry: unknown) => boolean): Counterpart | undefined => {
    const places = shown.flatMap((entry, place) => (matches(entry) ? [place] : []));
    const [place] = places;
    return places.length === 1 && place !== undefined ? { ...at, shown: shown[place], live: live[place] } : undefined;
  };
  const same = only((entry) => sameJson(entry, sent));
  if (same !== undefined || !isRecord(sent) || typeof sent["name"] !== "string" || sent["name"].includes(MASK))
    return same ?? at;
  return only((entry) => isRecord(entry) && entry["name"] === sent["name"]) ?? at;
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) || Array.isArray(other))
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((entry, index) => sameJson(entry, other[index]))
    );
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key], other[key]))
  );
}
