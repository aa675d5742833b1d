import { z } from "zod";
import { withoutNul } from "./text.ts";

/** Who vouches for users at login. */
export const OAuthProviderKind = z.enum(["github", "entra"]);

/** A login provider. Its client secret never leaves the server. */
export const OAuthProvider = z.object({
  id: z.uuid(),
  name: z.string(),
  provider: OAuthProviderKind,
  clientId: z.string(),
  /** Entra's directory; empty for GitHub. */
  tenantId: z.string(),
  redirectUrl: z.string(),
  /** Comma separated; empty: those the provider needs. */
  scopes: z.string(),
  /** E-mails or user names, comma separated; empty: everybody the provider vouches for. */
  allowedUsers: z.string(),
  enabled: z.boolean(),
  /** What the last test came to; `unknown` until there is one, and after a change of what it tested. */
  status: z.enum(["healthy", "unhealthy", "unknown"]),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type OAuthProvider = z.infer<typeof OAuthProvider>;

const required = (max: number) => withoutNul(z.string().trim().min(1, "must not be empty").max(max));
/** A GUID or a domain: it becomes part of an address. */
const TenantId = z
  .string()
  .trim()
  .max(100)
  .regex(/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$/, "must be a directory id or a domain name");
const RedirectUrl = required(500).refine((url) => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
}, "must be an http or https address");
const fields = {
  name: required(255),
  clientId: required(255),
  clientSecret: withoutNul(z.string().min(1, "must not be empty").max(4096)),
  tenantId: TenantId,
  redirectUrl: RedirectUrl,
  scopes: withoutNul(z.string().max(4096)),
  allowedUsers: withoutNul(z.string().max(65_536)),
  enabled: z.boolean(),
};

export const CreateOAuthProviderInput = z
  .strictObject({
    ...fields,
    provider: OAuthProviderKind,
    tenantId: fields.tenantId.default(""),
    scopes: fields.scopes.default(""),
    allowedUsers: fields.allowedUsers.default(""),
    enabled: fields.enabled.default(false),
  })
  .refine(({ provider, tenantId }) => provider !== "entra" || tenantId !== "", {
    path: ["tenantId"],
    message: "is required for entra",
  });

export const OAuthProviderKey = z.strictObject({ id: withoutNul(z.string().min(1).max(255)) });
/** Changes what is given; the provider itself stays what it is. */
export const UpdateOAuthProviderInput = OAuthProviderKey.extend(z.strictObject(fields).partial().shape);
/** What a login provider said of its configuration. */
export const OAuthProviderTest = z.object({ status: z.literal("healthy"), message: z.string() });
