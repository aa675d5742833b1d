import { DomainError, type RoleSummary } from "@flux-orchestrator/contract";

/** @throws DomainError BUILT_IN_ROLE */
export function refuseBuiltIn({ builtIn, name }: RoleSummary): void {
  if (!builtIn) return;
  throw new DomainError("BUILT_IN_ROLE", `${name} is a built-in role: it is neither renamed nor deleted.`, {
    hint: "Make a role of your own.",
  });
}
