import { DomainError, OAuthProviderKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { providerSubject } from "./provider-rows.ts";

/** Forgets a login provider and its secret. @throws DomainError NOT_FOUND */
export const removeOAuthProvider = operation({
  name: "oauth.remove",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "delete", subject: providerSubject },
  input: OAuthProviderKey,
  output: OAuthProviderKey,
  async run(ctx, { id }) {
    const { count } = await ctx.sql`delete from oauth_providers where id = ${id}`;
    if (count === 0) throw new DomainError("NOT_FOUND", "There is no such login provider.");
    return { id };
  },
});
