import { GrantablePermission } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readPermissions } from "./role-rows.ts";

/** Everything a role can hold, by resource and action. */
export const listPermissions = operation({
  name: "role.listPermissions",
  permission: "role.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(GrantablePermission),
  run: (ctx) => readPermissions(ctx.sql),
});
