import { DomainError, Role, SetRolePermissionsInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { lockRole, readRole, replacePermissions } from "./role-rows.ts";
import { ADMIN } from "./seed-roles.ts";
import { roleSubject } from "./subject.ts";

/**
 * Makes a role allow exactly this. Built-in roles too, but for the one that may do everything.
 * @throws DomainError NOT_FOUND, BUILT_IN_ROLE
 */
export const setRolePermissions = operation({
  name: "role.setPermissions",
  permission: "role.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "update", subject: roleSubject },
  input: SetRolePermissionsInput,
  output: Role,
  async run(ctx, { role: id, permissionIds }) {
    const { sql } = ctx;
    const before = await lockRole(sql, id);
    if (id === ADMIN)
      throw new DomainError("BUILT_IN_ROLE", `${before.name} may do everything, always.`, {
        hint: "Make a role of your own for those who may do less.",
      });
    await replacePermissions(sql, id, permissionIds);
    await sql`update roles set updated_at = now() where id = ${id}`;
    const after = await readRole(sql, id);
    ctx.note(`Permissions: ${after.permissions.map((held) => held.id).join(", ") || "none"}`);
    return after;
  },
});
