import { UpdateUserInput, User } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { keepAnAdmin } from "./keep-an-admin.ts";
import { userSubject } from "./subject.ts";
import { readUser } from "./user-rows.ts";

/**
 * Changes the name a user is shown by, or whether they can do anything at all.
 * @throws DomainError NOT_FOUND, LAST_ADMIN
 */
export const updateUser = operation({
  name: "user.update",
  permission: "user.update",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "update", subject: userSubject },
  input: UpdateUserInput,
  output: User,
  async run(ctx, { user, name, enabled }) {
    const { sql } = ctx;
    const { before, after } = await keepAnAdmin(sql, async () => {
      const before = await readUser(sql, user);
      const after = { name: name ?? before.name, enabled: enabled ?? before.enabled };
      await sql`update users set ${sql(after)}, updated_at = now() where id = ${user}`;
      return { before, after };
    });
    const said = [
      ...(after.name === before.name ? [] : ["name"]),
      ...(after.enabled === before.enabled ? [] : [after.enabled ? "enabled" : "disabled"]),
    ];
    ctx.note(said.length === 0 ? "Nothing changed" : `Changed: ${said.join(", ")}`);
    return readUser(sql, user);
  },
});
