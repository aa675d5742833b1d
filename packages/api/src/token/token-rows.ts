import type { ApiToken } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";

/** Tokens without what opens anything, newest first. */
export async function readTokens(sql: SqlRunner, where: Fragment): Promise<ApiToken[]> {
  type Row = Record<"created_at" | "expires_at", Date> & Record<"last_used_at" | "revoked_at", Date | null>;
  const rows = await sql<(Row & Pick<ApiToken, "id" | "name" | "kind" | "owner" | "prefix" | "permissions">)[]>`
    select id, name, kind, owner, prefix, permissions, created_at, expires_at, last_used_at, revoked_at
    from api_tokens where ${where} order by created_at desc, id`;
  return rows.map(({ created_at, expires_at, last_used_at, revoked_at, ...token }) => ({
    ...token,
    createdAt: created_at.toISOString(),
    expiresAt: expires_at.toISOString(),
    lastUsedAt: last_used_at?.toISOString() ?? null,
    revokedAt: revoked_at?.toISOString() ?? null,
  }));
}
