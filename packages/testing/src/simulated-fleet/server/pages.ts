import type { Revision } from "../objects/revision.ts";

/** What a `continue` token says: where the list goes on, and at which version. */
export interface PageToken {
  readonly v: "meta.k8s.io/v1";
  /** -1: whatever there is now, because the version that the list began at is forgotten. */
  readonly rv: number;
  /** `namespace/name` of the last object told. */
  readonly start: string;
  readonly list: number;
}

/** Lists that somebody reads page by page: all pages are true at the version of the first. */
export class OpenLists {
  #next = 1;
  readonly #kept = new Map<number, readonly Revision[]>();
  /** Lists that may be read at once: beyond, the oldest is forgotten as if it were compacted. */
  static readonly KEPT_MAX = 64;

  /** @returns what the tokens of this list name it by */
  keep(revisions: readonly Revision[]): number {
    const list = this.#next++;
    this.#kept.set(list, revisions);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > OpenLists.KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return list;
  }

  find(list: number): readonly Revision[] | undefined {
    return this.#kept.get(list);
  }

  clear(): void {
    this.#kept.clear();
  }
}

export const writeToken = (token: Omit<PageToken, "v">): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", ...token })).toString("base64url");

/** Null for what is no token. */
export function readToken(text: string): PageToken | null {
  try {
    const token = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Partial<PageToken> | null;
    return typeof token?.list === "number" && typeof token.start === "string" ? (token as PageToken) : null;
  } catch {
    return null;
  }
}
