/** Where a page of resources ended, as a client carries it. */
export const encodePosition = (position: readonly string[]): string =>
  Buffer.from(JSON.stringify(position)).toString("base64url");

/** What a client brought back; whether it is a position at all is for the operation to say. */
export function decodePosition(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
