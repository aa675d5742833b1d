import { DomainError, UserKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { keepAnAdmin } from "./keep-an-admin.ts";
import { userSubject } from "./subject.ts";

/**
 * Forgets a user and their roles; what they did stays among the activities. Whoever logs in again begins anew.
 * @throws DomainError NOT_FOUND, LAST_ADMIN
 */
export const removeUser = operation({
  name: "user.remove",
  permission: "user.delete",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "delete", subject: userSubject },
  input: UserKey,
  output: UserKey,
  async run(ctx, { user }) {
    await keepAnAdmin(ctx.sql, async () => {
      const { count } = await ctx.sql`delete from users where id = ${user}`;
      if (count === 0) throw new DomainError("NOT_FOUND", "There is no such user.");
    });
    return { user };
  },
});
