import { RoleKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { refuseBuiltIn } from "./refuse-built-in.ts";
import { lockRole } from "./role-rows.ts";
import { roleSubject } from "./subject.ts";

/** Deletes a role; whoever had it has it no more. @throws DomainError NOT_FOUND, BUILT_IN_ROLE */
export const removeRole = operation({
  name: "role.remove",
  permission: "role.delete",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "delete", subject: roleSubject },
  input: RoleKey,
  output: RoleKey,
  async run(ctx, { role }) {
    refuseBuiltIn(await lockRole(ctx.sql, role));
    await ctx.sql`delete from roles where id = ${role}`;
    return { role };
  },
});
