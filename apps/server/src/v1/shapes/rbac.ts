import type { GrantablePermission, Role, RoleSummary, User, UserDetail } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

/** A permission as REST v1 gives it. */
export const toV1Permission = ({ id, resource, action, description, createdAt }: GrantablePermission) => ({
  id,
  resource,
  action,
  description,
  created_at: v1Time(createdAt),
});

const toV1Summary = (role: RoleSummary) => ({
  id: role.id,
  name: role.name,
  description: role.description,
  built_in: role.builtIn,
  created_at: v1Time(role.createdAt),
  updated_at: v1Time(role.updatedAt),
});

/** A role as REST v1 gives it, with what it allows. */
export const toV1Role = (role: Role) => ({ ...toV1Summary(role), permissions: role.permissions.map(toV1Permission) });

const toV1Person = (user: Omit<User, "roles">) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  provider: user.provider,
  enabled: user.enabled,
  created_at: v1Time(user.createdAt),
  updated_at: v1Time(user.updatedAt),
});

/** A user as REST v1 lists them: what their roles allow is not looked up, and `null`. */
export const toV1User = (user: User) => ({
  ...toV1Person(user),
  roles: user.roles.map((role) => ({ ...toV1Summary(role), permissions: null })),
});

/** One user as REST v1 gives them. */
export const toV1UserDetail = (user: UserDetail) => ({ ...toV1Person(user), roles: user.roles.map(toV1Role) });
