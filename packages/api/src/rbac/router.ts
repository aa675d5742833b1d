import { mutation, query, router } from "../trpc.ts";
import { createRole } from "./create-role.ts";
import { getRole } from "./get-role.ts";
import { getUser } from "./get-user.ts";
import { listPermissions } from "./list-permissions.ts";
import { listRoles } from "./list-roles.ts";
import { listUsers } from "./list-users.ts";
import { removeRole } from "./remove-role.ts";
import { removeUser } from "./remove-user.ts";
import { setRolePermissions } from "./set-role-permissions.ts";
import { setUserRoles } from "./set-user-roles.ts";
import { updateRole } from "./update-role.ts";
import { updateUser } from "./update-user.ts";

export const userRouter = router({
  list: query(listUsers),
  get: query(getUser),
  update: mutation(updateUser),
  remove: mutation(removeUser),
  setRoles: mutation(setUserRoles),
});

export const roleRouter = router({
  list: query(listRoles),
  get: query(getRole),
  listPermissions: query(listPermissions),
  create: mutation(createRole),
  update: mutation(updateRole),
  remove: mutation(removeRole),
  setPermissions: mutation(setRolePermissions),
});
