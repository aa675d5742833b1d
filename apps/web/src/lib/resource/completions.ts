import { FIELDS, type Field, fieldOf, quoteValue } from "./query.ts";

/** A value that could be typed, with how many objects it would give where that is known. */
export interface KnownValue {
  value: string;
  count: number | null;
}
/** One line of the completion list: the word it makes of what is being typed. */
export interface Offer {
  word: string;
  count: number | null;
}

const OFFERS_MAX = 8;

/** What could stand where the cursor is, at the end: fields, then values of the field, also after a comma. */
export function completions(typed: string, known: Readonly<Record<Field, readonly KnownValue[]>>): Offer[] {
  const word = /(?:"[^"]*"?|[^\s"])*$/.exec(typed)?.[0] ?? "";
  const parts = /^(-?)([a-z]*)(?::(.*))?$/is.exec(word);
  if (word === "" || parts === null) return [];
  const [, not = "", name = "", values] = parts;
  if (values === undefined)
    return FIELDS.filter((field) => field.startsWith(name.toLowerCase())).map((field) => ({
      word: `${not}${field}:`,
      count: null,
    }));
  const field = fieldOf(name);
  if (field === undefined) return [];
  const comma = values.lastIndexOf(",") + 1;
  const before = values.slice(0, comma);
  const begun = values.slice(comma).replaceAll('"', "").toLowerCase();
  const taken = new Set(before.toLowerCase().replaceAll('"', "").split(","));
  return known[field]
    .filter(({ value }) => value.toLowerCase().startsWith(begun) && value !== begun && !taken.has(value.toLowerCase()))
    .slice(0, OFFERS_MAX)
    .map(({ value, count }) => ({ word: `${not}${name}:${before}${quoteValue(value)}`, count }));
}

/** The text with its last, unfinished word replaced by an offer. */
export const completed = (typed: string, offer: Offer): string =>
  typed.replace(/(?:"[^"]*"?|[^\s"])*$/, () => offer.word);
