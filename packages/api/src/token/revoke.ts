import { ApiToken, DomainError, TokenKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { reach } from "./reach.ts";
import { readTokens } from "./token-rows.ts";

/**
 * Ends a token for ever: the next call with it is refused, its open streams end within 5 seconds, and what is left of its
 * jobs fails. One's own, or anybody's with `user.update`. What is revoked already stays as it is.
 * @throws DomainError NOT_FOUND
 */
export const revokeToken = operation({
  name: "token.revoke",
  permission: "system.read",
  scope: () => FLEET,
  effect: "database",
  audit: {
    action: "revoke",
    async subject({ id }, { sql }) {
      const [token] = await sql<{ name: string }[]>`select name from api_tokens where id = ${id}::uuid`;
      return { resourceType: "token", resourceId: id, resourceName: token?.name ?? id, clusterId: "", clusterName: "" };
    },
  },
  input: TokenKey,
  output: ApiToken,
  async run(ctx, { id }) {
    const { sql } = ctx;
    const owner = await reach(ctx, "user.update");
    const whose = owner === null ? sql`true` : sql`owner = ${owner}`;
    await sql`update api_tokens set revoked_at = now() where id = ${id}::uuid and revoked_at is null and ${whose}`;
    const [token] = await readTokens(sql, sql`id = ${id}::uuid and ${whose}`);
    if (token === undefined) throw new DomainError("NOT_FOUND", "There is no such token.");
    return token;
  },
});
