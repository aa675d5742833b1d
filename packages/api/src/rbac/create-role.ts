import { CreateRoleInput, Role } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readRole, replacePermissions, takenRoleName } from "./role-rows.ts";
import { newRoleSubject } from "./subject.ts";

/** Makes a role. @throws DomainError NAME_TAKEN */
export const createRole = operation({
  name: "role.create",
  permission: "role.create",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "create", subject: newRoleSubject },
  input: CreateRoleInput,
  output: Role,
  invalid: { name: "NAME" },
  async run(ctx, { name, description, permissionIds }) {
    const { sql, newId: id } = ctx;
    await sql`insert into roles ${sql({ id, name, description })}`.catch(takenRoleName);
    await replacePermissions(sql, id, permissionIds);
    const role = await readRole(sql, id);
    ctx.note(`Permissions: ${role.permissions.map((held) => held.id).join(", ") || "none"}`);
    return role;
  },
});
