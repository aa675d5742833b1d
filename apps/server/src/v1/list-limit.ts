const LIMIT_MAX = 1000;

/** The `limit` of a list: clamped to 1,000, and undefined when it is absent, zero, negative or no number at all. */
export function limitOf(query: URLSearchParams): number | undefined {
  const text = query.get("limit") ?? "";
  const limit = /^\+?\d+$/.test(text) ? Number(text) : 0;
  return limit === 0 ? undefined : Math.min(limit, LIMIT_MAX);
}

/** Headers that lead to the next page; none on the last one. */
export function nextPageHeaders(request: Request, cursor: string | null): Record<string, string> {
  if (cursor === null) return {};
  const { pathname, searchParams } = new URL(request.url);
  searchParams.set("cursor", cursor);
  return { Link: `<${pathname}?${searchParams}>; rel="next"`, "X-Next-Cursor": cursor };
}
