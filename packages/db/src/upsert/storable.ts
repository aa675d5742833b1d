/** A string as a text column can hold it: NUL and halves of surrogate pairs become U+FFFD. */
export const storable = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();

/** What Postgres refuses in JSON though JSON allows it. */
const REFUSED = /\\u0000|\\ud[89a-f]/i;

/** The JSON of a value as Postgres takes it. One object with a NUL in its message must not make a whole batch fail. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!REFUSED.test(text)) return text;
  return JSON.stringify(value, (_, inner) => (typeof inner === "string" ? storable(inner) : inner));
}
