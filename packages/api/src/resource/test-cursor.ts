import { ResourceQuery } from "@flux-orchestrator/contract";
import type { z } from "zod";
import type { SqlRunner } from "../context.ts";
import { encodePageCursor } from "./page-cursor.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns } from "./resource-rows.ts";
import { orderOf } from "./sort.ts";

/** The cursor of a query's page that begins after a row: how tests reach any depth without walking there. */
export async function cursorAfter(sql: SqlRunner, asked: z.input<typeof ResourceQuery>, id: string): Promise<string> {
  const { cursor: _cursor, limit: _limit, facets: _facets, ...query } = ResourceQuery.parse(asked);
  const [row] = await sql<ResourceSqlRow[]>`
    select ${rowColumns(sql)} from ${resourcesOfClusters(sql)} where r.id = ${id}::bigint`;
  if (row === undefined) throw new Error(`there is no row ${id}`);
  return encodePageCursor(query, orderOf(sql, query).valuesOf(row));
}
