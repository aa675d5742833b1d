import type { Revision } from "../objects/revision.ts";

interface Token {
  readonly v: "meta.k8s.io/v1";
  readonly rv: number;
  /** The page's first object, by its place in the snapshot. */
  readonly start: number;
  readonly snapshot: number;
}

/** Lists that somebody reads page by page: all pages are true at the version of the first. */
export class ListSnapshots {
  #next = 1;
  readonly #kept = new Map<number, { version: number; revisions: readonly Revision[] }>();
  /** Lists that may be read at once: beyond, the oldest is forgotten as if it were compacted. */
  static readonly KEPT_MAX = 64;

  /** @returns a token for what follows */
  keep(version: number, revisions: readonly Revision[], start: number): string {
    const snapshot = this.#next++;
    this.#kept.set(snapshot, { version, revisions });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > ListSnapshots.KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return tokenOf({ v: "meta.k8s.io/v1", rv: version, start, snapshot });
  }

  /** The rest of a list; undefined once it is forgotten, null for what is no token. */
  resume(
    text: string,
  ):
    | { version: number; revisions: readonly Revision[]; start: number; next(start: number): string }
    | undefined
    | null {
    const token = readToken(text);
    if (token === null) return null;
    const kept = this.#kept.get(token.snapshot);
    if (kept === undefined) return undefined;
    return { ...kept, start: token.start, next: (start) => tokenOf({ ...token, start }) };
  }

  clear(): void {
    this.#kept.clear();
  }
}

const tokenOf = (token: Token): string => Buffer.from(JSON.stringify(token)).toString("base64url");

function readToken(text: string): Token | null {
  try {
    const token = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Partial<Token> | null;
    return typeof token?.snapshot === "number" && typeof token.start === "number" ? (token as Token) : null;
  } catch {
    return null;
  }
}
