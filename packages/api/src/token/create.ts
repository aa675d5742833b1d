import {
  CreateTokenInput,
  DomainError,
  NewApiToken,
  TOKEN_DAYS,
  TOKEN_PREFIX_LENGTH,
} from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { PERMISSIONS, type Permission } from "../permission.ts";
import { numberSetting } from "../setting/number-setting.ts";
import { isToken } from "./token-actor.ts";
import { readTokens } from "./token-rows.ts";
import { newTokenText, tokenHash } from "./token-text.ts";

/**
 * Makes a token for a program: a personal one acts as its owner, a service one, for which `user.create` is needed, as itself.
 * @throws DomainError NAME_TAKEN, TOKEN_EXPIRY beyond `api_token_max_days`, FORBIDDEN when it would hold more than its owner, or a
 * token asks for one
 */
export const createToken = operation({
  name: "token.create",
  permission: "system.read",
  scope: () => FLEET,
  effect: "database",
  audit: {
    action: "create",
    subject: ({ name }, { newId }) => ({
      resourceType: "token",
      resourceId: newId,
      resourceName: name,
      clusterId: "",
      clusterName: "",
    }),
  },
  input: CreateTokenInput,
  output: NewApiToken,
  invalid: { name: "NAME" },
  async run(ctx, { name, kind, permissions, expiresInDays }) {
    const { sql, newId: id, actor } = ctx;
    if (isToken(actor))
      throw new DomainError("FORBIDDEN", "A token cannot make another one.", { hint: "Make it without this token." });
    for (const permission of permissions) await ctx.authorize(known(permission), FLEET);
    if (kind === "service") await ctx.authorize("user.create", FLEET);
    const daysMax = await numberSetting(sql, "api_token_max_days");
    const days = expiresInDays ?? Math.min(TOKEN_DAYS, daysMax);
    if (days > daysMax)
      throw new DomainError("TOKEN_EXPIRY", `expiresInDays: must be at most ${daysMax}.`, {
        hint: "Ask for fewer days, or change the setting api_token_max_days.",
      });
    const token = newTokenText();
    const row = {
      id,
      name,
      kind,
      owner: actor.id,
      prefix: token.slice(0, TOKEN_PREFIX_LENGTH),
      hash: tokenHash(token),
    };
    const { count } = await sql`
      insert into api_tokens (id, name, kind, owner, prefix, hash, permissions, expires_at)
      values (${row.id}::uuid, ${row.name}, ${row.kind}, ${row.owner}, ${row.prefix}, ${row.hash},
        ${[...new Set(permissions)].sort()}, now() + ${days} * interval '1 day')
      on conflict (name) do nothing`;
    if (count === 0)
      throw new DomainError("NAME_TAKEN", "There is, or was, a token of that name.", {
        hint: "Choose another one: what a token did stays under its name.",
      });
    ctx.note(`${kind === "service" ? "Service" : "Personal"} token for ${days} days: ${permissions.join(", ")}`);
    const [made] = await readTokens(sql, sql`id = ${id}::uuid`);
    return { ...made!, token };
  },
});

/** @throws DomainError INPUT_INVALID */
function known(permission: string): Permission {
  const found = PERMISSIONS.find((one) => one === permission);
  if (found !== undefined) return found;
  throw new DomainError("INPUT_INVALID", "permissions: holds one that there is not.", {
    issues: [{ path: "permissions", message: "holds one that there is not" }],
  });
}
