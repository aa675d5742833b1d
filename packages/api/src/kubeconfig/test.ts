import {
  type ConnectionStep,
  ConnectionTest,
  type KubeContext,
  TestConnectionInput,
} from "@flux-orchestrator/contract";
import type { ClusterTarget } from "@flux-orchestrator/k8s";
import { testConnection } from "@flux-orchestrator/k8s";
import type { z } from "zod";
import { FLEET } from "../authorize.ts";
import { credentialPlace } from "../cluster/registration.ts";
import type { OperationContext } from "../context.ts";
import { operation } from "../operation.ts";
import { localContext } from "./local-context.ts";
import { usableContext } from "./usable-context.ts";

/**
 * Connects step by step (DNS, TCP, TLS, authentication, version, Flux kinds, rights) and explains what fails and what to
 * do about it. Nothing is stored. A failing step is an answer, not an error.
 *
 * @throws DomainError KUBECONFIG_… or EGRESS_DENIED when there is nothing to connect to; CLUSTER_NOT_FOUND; LOCAL_ONLY
 */
export const testCluster = operation({
  name: "kubeconfig.test",
  permission: "cluster.create",
  scope: (input, ctx) => (input.source.from === "cluster" ? ctx.clusterScope(input.source.cluster) : FLEET),
  effect: "read",
  input: TestConnectionInput,
  output: ConnectionTest,
  async run(ctx, input) {
    const startedMs = ctx.now();
    const { context, target } = await targetOf(ctx, input);
    const steps: ConnectionStep[] = [];
    let found: Pick<
      z.infer<typeof ConnectionTest>,
      "fluxVersion" | "kubernetesVersion" | "kindCount" | "objectCount"
    > = {
      fluxVersion: null,
      kubernetesVersion: null,
      kindCount: null,
      objectCount: null,
    };
    const credential = target.exec === undefined ? {} : { credential: () => ctx.localKubeconfig().credential(target) };
    for await (const step of testConnection(target, { egress: ctx.egress, ...credential })) {
      const { facts, ...shown } = step;
      steps.push(shown);
      found = { ...found, ...facts };
    }
    const outcome: "ok" | "warn" | "fail" = steps.some((step) => step.outcome === "fail")
      ? "fail"
      : steps.some((step) => step.outcome === "warn")
        ? "warn"
        : "ok";
    return { context, server: target.server, steps, outcome, ...found, tookMs: ctx.now() - startedMs };
  },
});

async function targetOf(
  ctx: OperationContext,
  { source, allowInsecureTls }: z.output<typeof TestConnectionInput>,
): Promise<{ context: KubeContext["name"] | null; target: ClusterTarget }> {
  switch (source.from) {
    case "text": {
      const { target } = await usableContext({ ...source, allowInsecureTls }, ctx.egress);
      return { context: source.context ?? null, target };
    }
    case "local":
      return { context: source.context, target: (await localContext(ctx, source.context)).target };
    case "cluster": {
      const { id } = await ctx.findCluster(source.cluster);
      const [row] = await ctx.sql<
        { sealed: string }[]
      >`select sealed from cluster_credentials where cluster_id = ${id}::uuid`;
      return {
        context: null,
        target: JSON.parse(ctx.keyring.open(credentialPlace(id), row?.sealed ?? "")) as ClusterTarget,
      };
    }
  }
}
