import { DomainError, OAuthProvider, UpdateOAuthProviderInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { lockProvider, providerSubject, readProvider, secretPlace } from "./provider-rows.ts";

/** What a test tests: after a change of one of these its verdict means nothing. */
const TESTED = ["clientId", "clientSecret", "tenantId", "redirectUrl"] as const;

/**
 * Changes what is given and nothing else; an absent secret stays the one that is stored.
 * @throws DomainError NOT_FOUND
 */
export const updateOAuthProvider = operation({
  name: "oauth.update",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "update", subject: providerSubject },
  input: UpdateOAuthProviderInput,
  output: OAuthProvider,
  async run(ctx, { id, ...change }) {
    const { sql } = ctx;
    const before = await lockProvider(sql, id);
    if (before.provider === "entra" && change.tenantId === "")
      throw new DomainError("INPUT_INVALID", "tenantId: is required for entra.", {
        issues: [{ path: "tenantId", message: "is required for entra" }],
      });
    const after = { ...before, ...change };
    const changed = (Object.keys(change) as (keyof typeof change)[]).filter(
      (field) => field === "clientSecret" || after[field] !== before[field],
    );
    const columns = {
      name: after.name,
      client_id: after.clientId,
      tenant_id: after.tenantId,
      redirect_url: after.redirectUrl,
      scopes: after.scopes,
      allowed_users: after.allowedUsers,
      enabled: after.enabled,
      status: TESTED.some((field) => changed.includes(field)) ? "unknown" : before.status,
    };
    await sql`update oauth_providers set ${sql(columns)}, updated_at = now() where id = ${id}`;
    if (change.clientSecret !== undefined) {
      const sealed = ctx.keyring.seal(secretPlace(id), change.clientSecret);
      await sql`update oauth_providers set client_secret = ${sealed} where id = ${id}`;
    }
    ctx.note(changed.length === 0 ? "Nothing changed" : `Changed: ${changed.join(", ")}`);
    return readProvider(sql, id);
  },
});
