import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";

/**
 * A table's columns as one `json_to_recordset` parameter: many narrow rows in one statement with the least work for the
 * client. The columns and their types are read from the schema, so that a new column needs no second edit.
 */
export interface Recordset {
  /** `"id", "cluster_id", …` of the table. */
  readonly names: string;
  /** `r."id", r."clusterId", …`: the same columns as read from the parameter. */
  readonly values: string;
  /** `"id" bigint, "clusterId" uuid, …`: the parameter's shape, keyed as in TypeScript. */
  readonly shape: string;
  /** `"word" = excluded."word", …` for every column but those of the key. */
  readonly assignments: string;
}

/** @param key columns that identify a row: not assigned on conflict */
export function recordsetOf(
  table: PgTable,
  options: { without?: readonly string[]; key?: readonly string[] } = {},
): Recordset {
  const columns = Object.entries(getTableColumns(table) as Record<string, PgColumn>).filter(
    ([field]) => !options.without?.includes(field),
  );
  return {
    names: columns.map(([, column]) => `"${column.name}"`).join(", "),
    values: columns.map(([field]) => `r."${field}"`).join(", "),
    shape: columns.map(([field, column]) => `"${field}" ${column.getSQLType()}`).join(", "),
    assignments: columns
      .filter(([field]) => !options.key?.includes(field))
      .map(([, column]) => `"${column.name}" = excluded."${column.name}"`)
      .join(", "),
  };
}

/** What Postgres refuses in JSON though JSON allows it: NUL, and halves of surrogate pairs. */
const REFUSED = /\\u0000|\\ud[89a-f]/i;

/**
 * Rows as the text of a JSON parameter. One object with a NUL in its message must not make a whole batch fail: such
 * characters become U+FFFD.
 */
export function toRecords(rows: readonly object[]): string {
  const text = JSON.stringify(rows);
  if (!REFUSED.test(text)) return text;
  return JSON.stringify(rows, (_, value) => (typeof value === "string" ? storable(value) : value));
}

/** A string as a text column can hold it. */
export const storable = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();
