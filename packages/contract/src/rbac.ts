import { z } from "zod";
import { withoutNul } from "./text.ts";

/** Something a role can hold: `<resource>.<action>`. */
export const GrantablePermission = z.object({
  id: z.string(),
  resource: z.string(),
  action: z.string(),
  description: z.string(),
  createdAt: z.iso.datetime(),
});
export type GrantablePermission = z.infer<typeof GrantablePermission>;

/** A role by itself, as users are listed with it. */
export const RoleSummary = z.object({
  /** `admin`, `operator`, `viewer`, or a UUID. */
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** Came with the product: is never renamed or deleted. */
  builtIn: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type RoleSummary = z.infer<typeof RoleSummary>;

/** A role and what it allows. */
export const Role = RoleSummary.extend({ permissions: z.array(GrantablePermission) });
export type Role = z.infer<typeof Role>;

/** Somebody who logged in at least once. */
export const User = z.object({
  /** The e-mail address. */
  id: z.string(),
  email: z.string(),
  name: z.string(),
  provider: z.enum(["github", "entra"]),
  /** Whoever is not can do nothing. */
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  roles: z.array(RoleSummary),
});
export type User = z.infer<typeof User>;

/** A user, with what each role allows. */
export const UserDetail = User.extend({ roles: z.array(Role) });
export type UserDetail = z.infer<typeof UserDetail>;

const Key = withoutNul(z.string().min(1).max(255));
/** More than there will ever be to name. */
const Keys = z.array(Key).max(1000);
const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]*$/u;
const OneLine = z.string().trim().regex(ONE_LINE, "must not contain control or invisible characters");
const RoleName = OneLine.min(1, "must not be empty").max(100);
const Description = withoutNul(z.string().max(1000));

export const UserKey = z.strictObject({ user: Key });
export const UpdateUserInput = UserKey.extend({
  name: OneLine.min(1, "must not be empty").max(255).optional(),
  enabled: z.boolean().optional(),
});
/** Replaces the roles of a user. Ids that no role has are left out. */
export const SetUserRolesInput = UserKey.extend({ roleIds: Keys });

export const RoleKey = z.strictObject({ role: Key });
/** Ids that no permission has are left out. */
export const CreateRoleInput = z.strictObject({
  name: RoleName,
  description: Description.default(""),
  permissionIds: Keys.default([]),
});
export const UpdateRoleInput = RoleKey.extend({ name: RoleName.optional(), description: Description.optional() });
/** Replaces what a role allows. Ids that no permission has are left out. */
export const SetRolePermissionsInput = RoleKey.extend({ permissionIds: Keys });
