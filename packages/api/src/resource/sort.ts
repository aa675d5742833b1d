import type { ResourceQuery } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import { UUID } from "../cluster/cluster-record.ts";
import type { SqlRunner } from "../context.ts";
import { foreignCursor } from "./position.ts";
import type { ResourceSqlRow } from "./resource-rows.ts";

/** Orders of lists; `key` is REST v1's: cluster, kind, namespace, name. */
export type Sort = ResourceQuery["sort"] | "key";
export interface Sorting {
  sort: Sort;
  descending: boolean;
}
/** What an order needs to know of a row. */
export type SortedRow = Pick<
  ResourceSqlRow,
  "id" | "cluster_id" | "cluster_slug" | "group" | "kind" | "namespace" | "name" | "severity" | "changed_at"
>;

/** One column of an order: how SQL names it, how a cursor carries it, and its natural direction. */
interface SortColumn {
  column(sql: SqlRunner): Fragment;
  value(row: SortedRow): string | number;
  /** The parameter a cursor's value becomes. */
  parameter(sql: SqlRunner, value: string | number): Fragment;
}
const text = (column: (sql: SqlRunner) => Fragment, value: (row: SortedRow) => string): SortColumn => ({
  column,
  value,
  parameter: (sql, given) => sql`${String(given)}::text`,
});
const ID: SortColumn = {
  column: (sql) => sql`r.id`,
  value: (row) => row.id,
  parameter: (sql, given) => sql`${digits(given)}::bigint`,
};
const NAMESPACE = text(
  (sql) => sql`r.namespace`,
  (row) => row.namespace,
);
const NAME = text(
  (sql) => sql`r.name`,
  (row) => row.name,
);

/** Every order ends with the id or is that of a key, so that no two rows are equal and any depth is a step of the index. */
const SORTS: Record<Sort, { columns: readonly SortColumn[]; naturallyDescending: boolean }> = {
  severity: {
    naturallyDescending: true,
    columns: [
      {
        column: (sql) => sql`r.severity`,
        value: (row) => row.severity,
        parameter: (sql, given) => sql`${smallNumber(given)}::smallint`,
      },
      ID,
    ],
  },
  name: { naturallyDescending: false, columns: [NAMESPACE, NAME, ID] },
  cluster: {
    naturallyDescending: false,
    columns: [
      text(
        (sql) => sql`c.slug collate "C"`,
        (row) => row.cluster_slug,
      ),
      NAMESPACE,
      NAME,
      ID,
    ],
  },
  key: {
    naturallyDescending: false,
    columns: [
      {
        column: (sql) => sql`r.cluster_id`,
        value: (row) => row.cluster_id,
        parameter: (sql, given) => sql`${ofUuid(given)}::uuid`,
      },
      text(
        (sql) => sql`r.kind collate "C"`,
        (row) => row.kind,
      ),
      NAMESPACE,
      NAME,
      text(
        (sql) => sql`r."group"`,
        (row) => row.group,
      ),
    ],
  },
  changed: {
    naturallyDescending: true,
    columns: [
      {
        column: (sql) => sql`r.changed_at`,
        value: (row) => row.changed_at.toISOString(),
        parameter: (sql, given) => sql`${time(given)}::timestamptz`,
      },
      ID,
    ],
  },
};

/** An order as SQL: `order by` text, the condition of rows after a cursor, and the cursor of a row. */
export interface Order {
  readonly count: number;
  orderBy: Fragment;
  /** Ranges of an index, which have no row in common. */
  after(values: readonly (string | number)[]): readonly [Fragment, ...Fragment[]];
  valuesOf(row: SortedRow): (string | number)[];
}

/** The order of a query; `descending` turns the natural one (worst first, newest first, A to Z) around. */
export function orderOf(sql: SqlRunner, query: Sorting): Order {
  const { columns, naturallyDescending } = SORTS[query.sort];
  const down = naturallyDescending !== query.descending;
  const list = (parts: Fragment[]) => parts.reduce((so, part) => sql`${so}, ${part}`);
  return {
    count: columns.length,
    orderBy: list(columns.map(({ column }) => (down ? sql`${column(sql)} desc` : sql`${column(sql)} asc`))),
    after(values) {
      const left = columns.map(({ column }) => column(sql));
      const right = columns.map(({ parameter }, index) => parameter(sql, values[index] ?? ""));
      const beyond = (ofRow: Fragment, ofCursor: Fragment) =>
        down ? sql`(${ofRow}) < (${ofCursor})` : sql`(${ofRow}) > (${ofCursor})`;
      if (query.sort !== "severity") return [beyond(list(left), list(right))];
      // Apart, since a filter by word asks for severities too, and Postgres then walks all of the first one from its start.
      const [severity, id] = left as [Fragment, Fragment];
      const [ofSeverity, ofId] = right as [Fragment, Fragment];
      return [sql`${severity} = ${ofSeverity} and ${beyond(id, ofId)}`, beyond(severity, ofSeverity)];
    },
    valuesOf: (row) => columns.map(({ value }) => value(row)),
  };
}

/** @throws DomainError CURSOR */
export function ofUuid(value: string | number): string {
  if (typeof value === "string" && UUID.test(value)) return value;
  throw foreignCursor();
}
function digits(value: string | number): string {
  if (typeof value === "string" && /^\d{1,18}$/.test(value)) return value;
  throw foreignCursor();
}
function smallNumber(value: string | number): number {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 32_768) return value;
  throw foreignCursor();
}
function time(value: string | number): string {
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) && Number.isFinite(Date.parse(value)))
    return value;
  throw foreignCursor();
}
