import { DomainError, type OAuthProvider } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { AuditSubject } from "../audit.ts";
import type { LookupContext, SqlRunner } from "../context.ts";

interface ProviderSqlRow {
  id: string;
  name: string;
  provider: OAuthProvider["provider"];
  client_id: string;
  tenant_id: string;
  redirect_url: string;
  scopes: string;
  allowed_users: string;
  enabled: boolean;
  status: OAuthProvider["status"];
  created_at: Date;
  updated_at: Date;
}

/** Login providers, oldest first; never with their secrets. */
export async function readProviders(sql: SqlRunner, where: Fragment = sql`true`): Promise<OAuthProvider[]> {
  const rows = await sql<ProviderSqlRow[]>`
    select id, name, provider, client_id, tenant_id, redirect_url, scopes, allowed_users, enabled, status, created_at,
      updated_at
    from oauth_providers where ${where} order by created_at, id`;
  return rows.map(toProvider);
}

/** @throws DomainError NOT_FOUND */
export async function readProvider(sql: SqlRunner, id: string): Promise<OAuthProvider> {
  const [provider] = await readProviders(sql, sql`id = ${id}`);
  if (provider === undefined) throw new DomainError("NOT_FOUND", "There is no such login provider.");
  return provider;
}

/** One login provider that nobody else changes before this transaction ends. @throws DomainError NOT_FOUND */
export async function lockProvider(sql: SqlRunner, id: string): Promise<OAuthProvider> {
  await sql`select from oauth_providers where id = ${id} for update`;
  return readProvider(sql, id);
}

/** Where a provider's secret stands, sealed; a value moved elsewhere cannot be opened. */
export const secretPlace = (id: string) => ({ table: "oauth_providers", row: id, column: "client_secret" });

/** The provider that the input names, as the thing an operation is about. */
export async function providerSubject({ id }: { id: string }, { sql }: LookupContext): Promise<AuditSubject> {
  const [provider] = await sql<{ name: string }[]>`select name from oauth_providers where id = ${id}`;
  return subject(id, provider?.name ?? id);
}

/** The provider that is about to be made. */
export const newProviderSubject = ({ name }: { name: string }, { newId }: LookupContext): AuditSubject =>
  subject(newId, name);

const subject = (resourceId: string, resourceName: string): AuditSubject => ({
  resourceType: "oauth_provider",
  resourceId,
  resourceName,
  clusterId: "",
  clusterName: "",
});

const toProvider = (row: ProviderSqlRow): OAuthProvider => ({
  id: row.id,
  name: row.name,
  provider: row.provider,
  clientId: row.client_id,
  tenantId: row.tenant_id,
  redirectUrl: row.redirect_url,
  scopes: row.scopes,
  allowedUsers: row.allowed_users,
  enabled: row.enabled,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});
