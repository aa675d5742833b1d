import { KubeContexts, ParseKubeconfigInput } from "@flux-orchestrator/contract";
import { parseKubeconfig } from "@flux-orchestrator/k8s";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { describeContexts } from "./describe.ts";

/**
 * Says which contexts a kubeconfig has, and why one cannot be registered. Nothing is stored, contacted or run.
 * @throws DomainError KUBECONFIG_… when the text itself is refused; never with a part of the text
 */
export const parseKubeconfigText = operation({
  name: "kubeconfig.parse",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "read",
  input: ParseKubeconfigInput,
  output: KubeContexts,
  // Insecure TLS is asked about when the context is registered; here it is only shown.
  run: async (ctx, { kubeconfig }) =>
    describeContexts(ctx.sql, parseKubeconfig(kubeconfig, { mode: "pasted", allowInsecureTls: true })),
});
