import { Role, RoleKey } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readRole } from "./role-rows.ts";

/** One role with what it allows. @throws DomainError NOT_FOUND */
export const getRole = operation({
  name: "role.get",
  permission: "role.read",
  scope: () => FLEET,
  effect: "read",
  input: RoleKey,
  output: Role,
  run: (ctx, { role }) => readRole(ctx.sql, role),
});
