import {
  createRole,
  getRole,
  getUser,
  listPermissions,
  listRoles,
  listUsers,
  removeRole,
  removeUser,
  setRolePermissions,
  setUserRoles,
  updateRole,
  updateUser,
} from "@flux-orchestrator/api";
import { get, post, put, remove, type V1Call } from "./route.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";
import { toV1Permission, toV1Role, toV1User, toV1UserDetail } from "./shapes/rbac.ts";

const user = ({ params }: V1Call) => ({ user: params["id"] ?? "" });
const role = ({ params }: V1Call) => ({ role: params["id"] ?? "" });

export const rbacRoutes = [
  get("/rbac/users", listUsers, { respond: (users) => users.map(toV1User) }),
  get("/rbac/users/:id", getUser, { input: user, respond: toV1UserDetail }),
  put("/rbac/users/:id", updateUser, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({ ...user(call), name: body.text("name"), enabled: body.flag("enabled") });
    },
    respond: toV1User,
  }),
  remove("/rbac/users/:id", removeUser, { input: user, respond: () => ({ message: "User deleted" }) }),
  put("/rbac/users/:id/roles", setUserRoles, {
    input: async (call) => ({ ...user(call), roleIds: (await call.body()).texts("role_ids") }),
    respond: toV1User,
  }),
  get("/rbac/roles", listRoles, { respond: (roles) => roles.map(toV1Role) }),
  post("/rbac/roles", createRole, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        name: body.text("name") ?? "",
        description: body.text("description"),
        permissionIds: body.texts("permission_ids"),
      });
    },
    status: 201,
    respond: toV1Role,
  }),
  get("/rbac/roles/:id", getRole, { input: role, respond: toV1Role }),
  put("/rbac/roles/:id", updateRole, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({ ...role(call), name: body.text("name"), description: body.text("description") });
    },
    respond: toV1Role,
  }),
  remove("/rbac/roles/:id", removeRole, { input: role, respond: () => ({ message: "Role deleted" }) }),
  put("/rbac/roles/:id/permissions", setRolePermissions, {
    input: async (call) => ({ ...role(call), permissionIds: (await call.body()).texts("permission_ids") }),
    respond: toV1Role,
  }),
  get("/rbac/permissions", listPermissions, { respond: (permissions) => permissions.map(toV1Permission) }),
];
