import type { KubeContext } from "@flux-orchestrator/contract";
import type { Kubeconfig, KubeconfigContext } from "@flux-orchestrator/k8s";
import type { SqlRunner } from "../context.ts";

/** Contexts of a kubeconfig as the page shows them: nothing secret, and which clusters are registered already. */
export async function describeContexts(
  sql: SqlRunner,
  kubeconfig: Kubeconfig,
  isApproved: (hash: string) => Promise<boolean> = async () => false,
): Promise<{ contexts: KubeContext[]; currentContext: string | null }> {
  const servers = [...new Set(kubeconfig.contexts.map((context) => context.server))];
  const registered = await sql<{ id: string; server: string }[]>`
    select id::text as id, server from clusters where deleted_at is null and server = any(${servers}) order by created_at desc`;
  const byServer = new Map(registered.map((row) => [row.server, row.id]));
  const contexts = await Promise.all(
    kubeconfig.contexts.map(async (context): Promise<KubeContext> => {
      return {
        name: context.name,
        server: context.server,
        namespace: context.namespace,
        credential: context.credentialKind,
        insecureTls: context.insecureTls,
        proxy: context.proxy,
        isCurrent: context.name === kubeconfig.currentContext,
        refusal: context.refusal === null ? null : refusalOf(context.refusal),
        exec: context.exec === null ? null : { ...context.exec, approved: await isApproved(context.exec.hash) },
        registeredAs: byServer.get(context.server) ?? null,
      };
    }),
  );
  return { contexts, currentContext: kubeconfig.currentContext };
}

function refusalOf(refusal: NonNullable<KubeconfigContext["refusal"]>): NonNullable<KubeContext["refusal"]> {
  const { code, message, hint } = refusal;
  return hint === undefined ? { code, message } : { code, message, hint };
}
