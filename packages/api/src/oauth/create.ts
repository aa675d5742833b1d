import { CreateOAuthProviderInput, OAuthProvider } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { newProviderSubject, readProvider, secretPlace } from "./provider-rows.ts";

/** Adds a login provider. Its secret is sealed and never leaves the server again; nothing is contacted. */
export const createOAuthProvider = operation({
  name: "oauth.create",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "create", subject: newProviderSubject },
  input: CreateOAuthProviderInput,
  output: OAuthProvider,
  async run(ctx, input) {
    const { sql, newId: id } = ctx;
    const row = {
      id,
      name: input.name,
      provider: input.provider,
      client_id: input.clientId,
      client_secret: ctx.keyring.seal(secretPlace(id), input.clientSecret),
      tenant_id: input.tenantId,
      redirect_url: input.redirectUrl,
      scopes: input.scopes,
      allowed_users: input.allowedUsers,
      enabled: input.enabled,
    };
    await sql`insert into oauth_providers ${sql(row)}`;
    return readProvider(sql, id);
  },
});
