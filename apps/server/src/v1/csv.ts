/** What a spreadsheet would run as a formula, or skip to find one. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A field of a CSV line: quoted by RFC 4180 where it has to be, and no formula for the spreadsheet that opens it, which an
 * apostrophe in front says.
 */
export function csvField(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A line of fields. Ends with LF, as clients of REST v1 know it. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(",")}\n`;
