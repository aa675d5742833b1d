import { ApiToken, ListTokensInput, TOKEN_PREFIX_LENGTH } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { reach } from "./reach.ts";
import { readTokens } from "./token-rows.ts";

/** The tokens one has made, and those of everybody with `user.read`; newest first. */
export const listTokens = operation({
  name: "token.list",
  permission: "system.read",
  scope: () => FLEET,
  effect: "read",
  input: ListTokensInput,
  output: z.array(ApiToken),
  async run(ctx, { prefix, ended }) {
    const { sql } = ctx;
    const owner = await reach(ctx, "user.read");
    const whose = owner === null ? sql`true` : sql`owner = ${owner}`;
    const open = ended ? sql`true` : sql`revoked_at is null and expires_at > now()`;
    return readTokens(sql, sql`${whose} and ${open} and starts_with(prefix, ${prefix.slice(0, TOKEN_PREFIX_LENGTH)})`);
  },
});
