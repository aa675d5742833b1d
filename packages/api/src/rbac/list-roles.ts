import { Role } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readRoles } from "./role-rows.ts";

/** Every role with what it allows, built-in ones first. */
export const listRoles = operation({
  name: "role.list",
  permission: "role.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(Role),
  run: (ctx) => readRoles(ctx.sql),
});
