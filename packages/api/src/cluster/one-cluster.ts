import { type Cluster, DomainError } from "@flux-orchestrator/contract";
import type { OperationContext } from "../context.ts";
import { readClusters, type Sight } from "./cluster-rows.ts";

/** What this actor may see of the fleet. */
export async function sightOf(ctx: OperationContext): Promise<Sight> {
  return { clusters: await ctx.visible("cluster.read"), resources: await ctx.visible("resource.read") };
}

/** One cluster as it stands now. @throws DomainError CLUSTER_NOT_FOUND */
export async function oneCluster(ctx: OperationContext, id: string): Promise<Cluster> {
  const [cluster] = await readClusters(ctx.sql, await sightOf(ctx), [id]);
  if (cluster === undefined) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
  return cluster;
}
