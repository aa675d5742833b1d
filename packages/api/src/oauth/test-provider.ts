import { OAuthProviderKey, OAuthProviderTest } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { askProvider } from "./ask-provider.ts";
import { providerSubject, readProvider, secretPlace } from "./provider-rows.ts";

/**
 * Asks the provider whether it knows this client by this secret, and keeps the verdict as its status.
 * @throws DomainError NOT_FOUND; PROVIDER_REFUSED, which is the status `unhealthy`; PROVIDER_UNREACHABLE, which is
 * `unknown`; CREDENTIAL_LOCKED
 */
export const testOAuthProvider = operation({
  name: "oauth.test",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "test", subject: providerSubject },
  input: OAuthProviderKey,
  output: OAuthProviderTest,
  async run(ctx, { id }) {
    const { sql } = ctx;
    const provider = await readProvider(sql, id);
    const [row] = await sql<{ sealed: string }[]>`select client_secret as sealed from oauth_providers where id = ${id}`;
    const clientSecret = ctx.keyring.open(secretPlace(id), row?.sealed ?? "");
    const url = ctx.tokenUrls[provider.provider](provider);
    const refusal = await askProvider(url, { ...provider, clientSecret }, ctx.signal);
    const status = refusal === null ? "healthy" : refusal.code === "PROVIDER_REFUSED" ? "unhealthy" : "unknown";
    // Unless it was changed meanwhile: then this says nothing of what is stored now.
    await sql`update oauth_providers set status = ${status} where id = ${id} and client_secret = ${row?.sealed ?? ""}
      and (client_id, tenant_id, redirect_url) = (${provider.clientId}, ${provider.tenantId}, ${provider.redirectUrl})`;
    if (refusal !== null) throw refusal;
    return { status: "healthy" as const, message: `${provider.name} accepts the client and its secret.` };
  },
});
