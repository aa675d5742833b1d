import type { SqlRunner } from "../context.ts";

/** Where the change feed stands: `<epoch>.<number>`. Everything up to here can be read; what comes later has a higher number. */
export async function feedCursor(sql: SqlRunner): Promise<string> {
  const [head] = await sql<{ cursor: string }[]>`select epoch || '.' || number as cursor from feed_head where only = 1`;
  return head?.cursor ?? "0.0";
}
