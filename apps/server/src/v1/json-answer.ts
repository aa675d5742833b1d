/** As Go's encoder writes them inside of strings; outside of strings they do not occur in JSON. */
const ESCAPED: Record<string, string> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON text as clients of REST v1 know it: `<`, `>` and `&` escaped. */
export const v1Json = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character]!);

/** Headers of every answer of REST v1: nothing is kept by caches, and those of the original's that keep a page's hands off. */
export const V1_HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "strict-origin-when-cross-origin",
} as const;

/**
 * Besides for what must not be compressed, here or on the way: what goes on as it happens, and what may hold a secret beside
 * what others wrote, since the length of the two together would tell how alike they are.
 */
export const UNTOUCHED = { "Cache-Control": `${V1_HEADERS["Cache-Control"]}, no-transform` } as const;

/** JSON without a charset, as clients of REST v1 know it. */
export const V1_JSON_HEADERS = { ...V1_HEADERS, "Content-Type": "application/json" } as const;

/** One JSON value and a newline. */
export function jsonAnswer(value: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  const body = Buffer.from(`${v1Json(value)}\n`);
  return new Response(body, {
    status: init.status ?? 200,
    headers: { ...V1_JSON_HEADERS, "Content-Length": String(body.byteLength), ...init.headers },
  });
}
