import type { ApiToken } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

const timeOrNull = (iso: string | null): string | null => (iso === null ? null : v1Time(iso));

/** A token as REST v1 gives it, without what opens anything. */
export const toV1Token = (token: ApiToken) => ({
  id: token.id,
  name: token.name,
  kind: token.kind,
  owner: token.owner,
  prefix: token.prefix,
  permissions: token.permissions,
  created_at: v1Time(token.createdAt),
  expires_at: v1Time(token.expiresAt),
  last_used_at: timeOrNull(token.lastUsedAt),
  revoked_at: timeOrNull(token.revokedAt),
});
