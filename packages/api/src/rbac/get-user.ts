import { UserDetail, UserKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readUserDetail } from "./user-rows.ts";

/** One user, with what their roles allow. @throws DomainError NOT_FOUND */
export const getUser = operation({
  name: "user.get",
  permission: "user.read",
  scope: () => FLEET,
  effect: "read",
  input: UserKey,
  output: UserDetail,
  run: (ctx, { user }) => readUserDetail(ctx.sql, user),
});
