import { User } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readUsers } from "./user-rows.ts";

/** Everybody who ever logged in, by e-mail, with their roles. */
export const listUsers = operation({
  name: "user.list",
  permission: "user.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(User),
  run: (ctx) => readUsers(ctx.sql),
});
