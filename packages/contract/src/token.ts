import { z } from "zod";
import { withoutNul } from "./text.ts";
import { TOKEN_NAME, TOKEN_NAME_RULE } from "./token-rules.ts";

/** What a program shows to act here, without the token itself. */
export const ApiToken = z.object({
  id: z.uuid(),
  /** The audit log knows what it did as `token:<name>`. */
  name: z.string(),
  /** `personal`: acts as its owner, never more than they may. `service`: of nobody, it stays when its owner goes. */
  kind: z.enum(["personal", "service"]),
  owner: z.string(),
  /** Its first characters. */
  prefix: z.string(),
  permissions: z.array(z.string()),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** To the hour; null when it was never used. */
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ApiToken = z.infer<typeof ApiToken>;

/** A token that was just made: the only time it is told. */
export const NewApiToken = ApiToken.extend({ token: z.string() });
export type NewApiToken = z.infer<typeof NewApiToken>;

export const CreateTokenInput = z.strictObject({
  name: z.string().regex(TOKEN_NAME, TOKEN_NAME_RULE),
  kind: ApiToken.shape.kind.default("personal"),
  permissions: z.array(z.string().max(100)).min(1).max(100),
  expiresInDays: z.number().int().min(1).max(999_999).optional(),
});
/** `prefix`: how tokens begin, or a whole one. `ended`: those that were revoked or have expired too. */
export const ListTokensInput = z.strictObject({
  prefix: withoutNul(z.string().max(200)).default(""),
  ended: z.boolean().default(false),
});
export const TokenKey = z.strictObject({ id: z.uuid() });
