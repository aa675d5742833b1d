import { ApproveExecInput, DomainError, RequestExecCodeInput } from "@flux-orchestrator/contract";
import { z } from "zod";
import type { AuditSubject } from "../audit.ts";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import { operation } from "../operation.ts";

const pluginSubject = ({ context }: { context: string }): AuditSubject => ({
  resourceType: "exec-plugin",
  resourceId: context,
  resourceName: context,
  clusterId: "",
  clusterName: "",
});

/** @throws DomainError KUBECONFIG_CHANGED when the plugin is no longer the one the page showed */
async function pluginOf(ctx: OperationContext, input: { context: string; hash: string }) {
  const { kubeconfig } = await ctx.localKubeconfig().read();
  const exec = kubeconfig?.contexts.find((context) => context.name === input.context)?.exec ?? null;
  if (exec === null || exec.hash !== input.hash) {
    throw new DomainError("KUBECONFIG_CHANGED", "The command of this context is not the one that was shown.", {
      hint: "Load the contexts again and look at the command.",
    });
  }
  return exec;
}

/**
 * Prints a code on the terminal of the person who started the server: a web page cannot read it there.
 * @throws DomainError LOCAL_ONLY, KUBECONFIG_CHANGED
 */
export const requestExecCode = operation({
  name: "kubeconfig.requestExecCode",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "request_code", subject: pluginSubject },
  input: RequestExecCodeInput,
  output: z.object({ printed: z.literal(true) }),
  async run(ctx, input) {
    const exec = await pluginOf(ctx, input);
    await ctx.localKubeconfig().printCode({ context: input.context, hash: input.hash, command: exec.command });
    return { printed: true as const };
  },
});

/**
 * Allows one exec plugin of the user's own kubeconfig, exactly as its hash names it.
 * @throws DomainError LOCAL_ONLY, KUBECONFIG_CHANGED, EXEC_CODE_WRONG
 */
export const approveExec = operation({
  name: "kubeconfig.approveExec",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "approve_exec", subject: pluginSubject },
  input: ApproveExecInput,
  output: z.object({ approved: z.literal(true) }),
  async run(ctx, input) {
    await pluginOf(ctx, input);
    if (!(await ctx.localKubeconfig().redeem(input.hash, input.code))) {
      throw new DomainError("EXEC_CODE_WRONG", "This is not the code that was printed for this command.", {
        hint: "Ask for a new code.",
      });
    }
    return { approved: true as const };
  },
});
