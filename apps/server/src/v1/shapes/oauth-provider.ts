import type { OAuthProvider } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

/** A login provider as REST v1 gives it. */
export const toV1OAuthProvider = (provider: OAuthProvider) => ({
  id: provider.id,
  name: provider.name,
  provider: provider.provider,
  client_id: provider.clientId,
  tenant_id: provider.tenantId,
  redirect_url: provider.redirectUrl,
  scopes: provider.scopes,
  allowed_users: provider.allowedUsers,
  enabled: provider.enabled,
  status: provider.status,
  created_at: v1Time(provider.createdAt),
  updated_at: v1Time(provider.updatedAt),
});
