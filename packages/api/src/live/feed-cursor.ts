import type { FeedPosition } from "@flux-orchestrator/db";
import type { SqlRunner } from "../context.ts";

/** A position of the change feed as clients hand it back: `<epoch>.<number>`. */
export const formatCursor = ({ epoch, number }: FeedPosition): string => `${epoch}.${number}`;

/** Null for anything that was not handed out by {@link formatCursor}. */
export function parseCursor(cursor: string): FeedPosition | null {
  const [, epoch, digits] = /^([0-9a-zA-Z-]{1,40})\.(\d{1,15})$/.exec(cursor) ?? [];
  return epoch === undefined || digits === undefined ? null : { epoch, number: Number(digits) };
}

/** Where the change feed stands. Everything up to here can be read; what comes later has a higher number. */
export async function feedCursor(sql: SqlRunner): Promise<string> {
  const [head] = await sql<{ cursor: string }[]>`select epoch || '.' || number as cursor from feed_head`;
  return head?.cursor ?? "0.0";
}
