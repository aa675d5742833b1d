import { DomainError, isErrorCode } from "@flux-orchestrator/contract";
import { checkEgress, type EgressPolicy, type Kubeconfig, KubeError, parseKubeconfig } from "@flux-orchestrator/k8s";
import type { UsableContext } from "../cluster/registration.ts";

/** Resolving a host name may take this long; later than that the cluster counts as unreachable, not as forbidden. */
const RESOLVE_MS = 3000;

/**
 * The context of a pasted kubeconfig that is to be registered: the one named, else its current context, else its only
 * one. Nothing is contacted; its server's and proxy's addresses must be allowed.
 * @throws KubeconfigError as `k8s` states it; DomainError KUBECONFIG_CONTEXT_REQUIRED, KUBECONFIG_CONTEXT_UNKNOWN, or
 * the refusal of the context; EGRESS_DENIED
 */
export async function usableContext(
  input: { kubeconfig: string; context?: string | undefined; allowInsecureTls?: boolean | undefined },
  egress: EgressPolicy,
): Promise<UsableContext> {
  const kubeconfig = parseKubeconfig(input.kubeconfig, {
    mode: "pasted",
    allowInsecureTls: input.allowInsecureTls ?? false,
  });
  const context = pick(kubeconfig, input.context);
  await refuseForbiddenAddress(context.target.server, egress);
  if (context.target.proxy !== undefined) await refuseForbiddenAddress(context.target.proxy, egress);
  return context;
}

/** @throws DomainError as {@link usableContext} does */
export function pick(kubeconfig: Kubeconfig, wanted: string | undefined): UsableContext {
  const names = kubeconfig.contexts.map((context) => context.name);
  const name = wanted ?? kubeconfig.currentContext ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw new DomainError("KUBECONFIG_CONTEXT_REQUIRED", "The kubeconfig has several contexts and no current one.", {
      hint: "Say which context to use.",
    });
  }
  const context = kubeconfig.contexts.find((candidate) => candidate.name === name);
  if (context === undefined) {
    throw new DomainError("KUBECONFIG_CONTEXT_UNKNOWN", "The kubeconfig has no context of that name.", {
      hint: "Choose one of its contexts.",
    });
  }
  if (context.refusal !== null || context.target === null) {
    const { code, message, hint } = context.refusal ?? {
      code: "KUBECONFIG_INCOMPLETE",
      message: "This context cannot be used.",
      hint: undefined,
    };
    throw new DomainError(
      isErrorCode(code) ? code : "KUBECONFIG_FIELD_NOT_ALLOWED",
      message,
      hint === undefined ? {} : { hint },
    );
  }
  return { ...context, target: context.target };
}

async function refuseForbiddenAddress(url: string, egress: EgressPolicy): Promise<void> {
  const late = AbortSignal.timeout(RESOLVE_MS);
  const timedOut = new Promise<void>((resolve) => late.addEventListener("abort", () => resolve(), { once: true }));
  const checked = checkEgress(url, egress).catch((error: unknown) => {
    // A name that does not resolve is an unreachable cluster, which may still be registered.
    if (error instanceof KubeError && error.code !== "EGRESS_DENIED") return;
    throw error;
  });
  await Promise.race([checked, timedOut]);
}
