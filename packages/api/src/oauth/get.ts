import { OAuthProvider, OAuthProviderKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readProvider } from "./provider-rows.ts";

/** One login provider. @throws DomainError NOT_FOUND */
export const getOAuthProvider = operation({
  name: "oauth.get",
  permission: "setting.read",
  scope: () => FLEET,
  effect: "read",
  input: OAuthProviderKey,
  output: OAuthProvider,
  run: (ctx, { id }) => readProvider(ctx.sql, id),
});
