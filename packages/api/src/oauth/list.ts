import { OAuthProvider } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readProviders } from "./provider-rows.ts";

/** Every login provider, oldest first. */
export const listOAuthProviders = operation({
  name: "oauth.list",
  permission: "setting.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(OAuthProvider),
  run: (ctx) => readProviders(ctx.sql),
});
