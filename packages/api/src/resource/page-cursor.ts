import { createHash } from "node:crypto";
import { z } from "zod";
import { decodePosition, encodePosition, foreignCursor, PositionText } from "./position.ts";

/** Where a page ended: the sort key and the id of its last row, and of which query. */
const PageCursor = z.tuple([
  z.string().length(12),
  z
    .array(z.union([PositionText, z.number()]))
    .min(1)
    .max(5),
]);

/** Same query, same mark: a cursor of another query is refused, not silently misread. */
function markOf(query: object): string {
  return createHash("sha256")
    .update(JSON.stringify(query, Object.keys(flatKeys(query)).sort()))
    .digest("base64url")
    .slice(0, 12);
}
/** Every key at any depth, so that the replacer list of JSON.stringify keeps all of them and sorts them. */
function flatKeys(value: unknown, keys: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== "object" || value === null) return keys;
  for (const [key, part] of Object.entries(value)) {
    if (!Array.isArray(value)) keys[key] = true;
    flatKeys(part, keys);
  }
  return keys;
}

/**
 * The cursor after a row with these sort values.
 * @param query what decides which rows there are and in which order, and nothing else
 */
export const encodePageCursor = (query: object, values: readonly (string | number)[]): string =>
  encodePosition([markOf(query), values]);

/** @throws DomainError CURSOR for anything but a cursor of this very query */
export function decodePageCursor(query: object, cursor: string, count: number): (string | number)[] {
  const [mark, values] = decodePosition(cursor, PageCursor);
  if (mark !== markOf(query) || values.length !== count) throw foreignCursor();
  return values;
}
