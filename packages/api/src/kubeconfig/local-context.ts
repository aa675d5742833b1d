import { DomainError } from "@flux-orchestrator/contract";
import type { UsableContext } from "../cluster/registration.ts";
import type { OperationContext } from "../context.ts";
import { pick } from "./usable-context.ts";

/**
 * A context of the user's own kubeconfig, read again now. One that runs a command must have been allowed by its code.
 * @throws DomainError LOCAL_ONLY, NOT_FOUND, EXEC_CODE_REQUIRED, KUBECONFIG_…
 */
export async function localContext(ctx: OperationContext, name: string): Promise<UsableContext> {
  const port = ctx.localKubeconfig();
  const { kubeconfig, reason } = await port.read();
  if (kubeconfig === null) throw new DomainError("NOT_FOUND", reason ?? "There is no kubeconfig on this computer.");
  const context = pick(kubeconfig, name);
  const exec = kubeconfig.contexts.find((candidate) => candidate.name === name)?.exec ?? null;
  if (exec !== null && !(await port.isApproved(exec.hash))) {
    throw new DomainError(
      "EXEC_CODE_REQUIRED",
      "This context runs a command to log in, which nobody has allowed yet.",
      {
        hint: "Ask for a code: it is printed on the terminal that start runs in.",
      },
    );
  }
  return context;
}
