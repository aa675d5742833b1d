import type { Cluster } from "@flux-orchestrator/contract";
import type { OperationContext } from "../context.ts";
import { oneCluster } from "./one-cluster.ts";

/** How long a registration waits for the first answer of the API server; its status is `unknown` after that. */
const FIRST_PROBE_MS = 8000;

/** Starts watching a new cluster and asks once whether it answers, so that its first status is a true one. */
export async function firstLook(ctx: OperationContext, cluster: Cluster): Promise<Cluster> {
  ctx.fleet.added(cluster.id);
  await probeWithin(ctx, cluster.id, FIRST_PROBE_MS);
  return oneCluster(ctx, cluster.id);
}

/** Probes and writes the status. Returns the verdict, null when there was none in time; never throws for the cluster's sake. */
export async function probeWithin(
  ctx: OperationContext,
  clusterId: string,
  timeoutMs: number,
): Promise<{ healthy: boolean } | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), timeoutMs).unref());
  const probed = ctx.fleet.probe(clusterId).catch((error: unknown) => {
    ctx.log.warn({ err: error, clusterId }, "a probe could not be made");
    return null;
  });
  return Promise.race([probed, late]);
}
