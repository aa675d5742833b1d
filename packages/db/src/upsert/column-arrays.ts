import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { storable, storableJson } from "./storable.ts";

/**
 * Many rows in one statement, each column as an array parameter of its own that `unnest` puts together again: half of
 * what the server has to do for `json_to_recordset`, which hashes the names of a row for every row.
 */
export interface ColumnArrays<Row> {
  /** `$1::uuid[], …`: the arguments of `unnest`. Not cast from text: to plan a cast, Postgres carries it out. */
  readonly arrays: string;
  /** `"clusterId", …`: the names of its columns. */
  readonly fields: string;
  /** How many parameters there are. */
  readonly count: number;
  /** The parameters. What a row lacks is null. */
  parameters(rows: readonly Row[]): string[];
}

/**
 * @param types SQL type of each field, in the order of the parameters
 * @param before how many parameters the statement has before these
 */
export function columnArrays<Row extends object>(
  types: Readonly<Record<Extract<keyof Row, string>, string>>,
  before = 0,
): ColumnArrays<Row> {
  const columns = Object.entries<string>(types) as [Extract<keyof Row, string>, string][];
  return {
    arrays: columns.map(([, type], index) => `$${before + index + 1}::${type}[]`).join(", "),
    fields: columns.map(([field]) => `"${field}"`).join(", "),
    count: columns.length,
    parameters: (rows) => columns.map(([field, type]) => arrayOf(rows, field, type)),
  };
}

/** A table's columns, from its schema: a new one needs no second edit. */
export function tableArrays<Row extends object>(
  table: PgTable,
  options: { without?: readonly string[] } = {},
): ColumnArrays<Row> & {
  /** `"id", "cluster_id", …` in the order of the parameters. */
  readonly names: string;
  /** `"word" = excluded."word", …` for every column but these fields. */
  assignments(key: readonly string[]): string;
} {
  const columns = Object.entries(getTableColumns(table) as Record<string, PgColumn>).filter(
    ([field]) => !options.without?.includes(field),
  );
  const types = columns.map(([field, column]) => [field, column.getSQLType().replace(/ collate .*/i, "")]);
  return {
    ...columnArrays<Row>(Object.fromEntries(types)),
    names: columns.map(([, column]) => `"${column.name}"`).join(", "),
    assignments: (key) =>
      columns
        .filter(([field]) => !key.includes(field))
        .map(([, column]) => `"${column.name}" = excluded."${column.name}"`)
        .join(", "),
  };
}

/** A column as the text of an array. Texts are quoted, so that NULL is one like any other; the other types need no quotes. */
function arrayOf<Row>(rows: readonly Row[], field: keyof Row, type: string): string {
  const quote = type === "jsonb" ? quotedJson : type === "text" ? quoted : String;
  let text = "";
  for (const row of rows) {
    const value = row[field];
    text += value === null || value === undefined ? ",NULL" : `,${quote(value as never)}`;
  }
  return storable(`{${text.slice(1)}}`);
}

const quotedJson = (value: unknown): string => quoted(storableJson(value));
const quoted = (text: string): string =>
  text.includes('"') || text.includes("\\") ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;
