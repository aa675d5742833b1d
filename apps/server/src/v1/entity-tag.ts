import { createHash } from "node:crypto";

/**
 * Weak tag of a list: where the change feed stood, what was asked, and what the caller may see. Equal tags mean that
 * nothing in the fleet has changed meanwhile.
 */
export function entityTag(feedCursor: string, request: Request, rights: string): string {
  const { pathname, search } = new URL(request.url);
  const digest = createHash("sha256").update(JSON.stringify([feedCursor, pathname, search, rights]));
  return `W/"${digest.digest("base64url").slice(0, 22)}"`;
}

/** Whether the client already has the list of this tag. */
export function hasSeen(request: Request, tag: string): boolean {
  const known = (request.headers.get("if-none-match") ?? "").split(",").map((part) => part.trim());
  return known.includes(tag) || known.includes("*");
}
