import { DomainError } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import type { Permission } from "../permission.ts";

/** Whose tokens an actor may reach: the own ones, or with a permission those of everybody, which is null. */
export async function reach(ctx: OperationContext, permission: Permission): Promise<string | null> {
  try {
    await ctx.authorize(permission, FLEET);
    return null;
  } catch (error) {
    if (error instanceof DomainError && error.code === "FORBIDDEN") return ctx.actor.id;
    throw error;
  }
}
