import { Role, UpdateRoleInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { refuseBuiltIn } from "./refuse-built-in.ts";
import { lockRole, readRole, takenRoleName } from "./role-rows.ts";
import { roleSubject } from "./subject.ts";

/** Changes what a role is called. @throws DomainError NOT_FOUND, BUILT_IN_ROLE, NAME_TAKEN */
export const updateRole = operation({
  name: "role.update",
  permission: "role.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "update", subject: roleSubject },
  input: UpdateRoleInput,
  output: Role,
  invalid: { name: "NAME" },
  async run(ctx, { role: id, name, description }) {
    const { sql } = ctx;
    const before = await lockRole(sql, id);
    refuseBuiltIn(before);
    const after = { name: name ?? before.name, description: description ?? before.description };
    await sql`update roles set ${sql(after)}, updated_at = now() where id = ${id}`.catch(takenRoleName);
    const changed = (["name", "description"] as const).filter((field) => after[field] !== before[field]);
    ctx.note(changed.length === 0 ? "Nothing changed" : `Changed: ${changed.join(", ")}`);
    return readRole(sql, id);
  },
});
