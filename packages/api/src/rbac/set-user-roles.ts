import { SetUserRolesInput, User } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { keepAnAdmin } from "./keep-an-admin.ts";
import { userSubject } from "./subject.ts";
import { readUser } from "./user-rows.ts";

/** Gives a user exactly these roles. @throws DomainError NOT_FOUND, LAST_ADMIN */
export const setUserRoles = operation({
  name: "user.setRoles",
  permission: "user.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "update", subject: userSubject },
  input: SetUserRolesInput,
  output: User,
  async run(ctx, { user, roleIds }) {
    const { sql } = ctx;
    await keepAnAdmin(sql, async () => {
      await readUser(sql, user);
      await sql`delete from user_roles where user_id = ${user}`;
      await sql`
        insert into user_roles (user_id, role_id) select ${user}, id from roles where id = any(${roleIds})`;
      await sql`update users set updated_at = now() where id = ${user}`;
    });
    const after = await readUser(sql, user);
    ctx.note(`Roles: ${after.roles.map(({ name }) => name).join(", ") || "none"}`);
    return after;
  },
});
