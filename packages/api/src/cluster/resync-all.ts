import { DomainError, ResyncAllInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import { job } from "../operation.ts";
import { resyncCluster } from "./resync.ts";
import { visibleClusterIds } from "./visible-clusters.ts";

/**
 * Lists many clusters anew: those that are named, else every one this actor may resync. A cluster that fails does not
 * stop the others.
 *
 * @throws DomainError CLUSTER_NOT_FOUND
 */
export const resyncAllClusters = job({
  name: "cluster.resyncAll",
  permission: "resource.reconcile",
  scope: ({ clusters }, ctx) =>
    clusters === undefined ? FLEET : Promise.all(clusters.map((key) => ctx.clusterScope(key))),
  audit: {
    action: "sync_all",
    subject: ({ clusters }, ctx) => ({
      resourceType: "job",
      resourceId: ctx.newId,
      resourceName: clusters === undefined ? "Every cluster" : `${clusters.length} clusters`,
      clusterId: "",
      clusterName: "",
    }),
  },
  input: ResyncAllInput,
  item: resyncCluster,
  /** As many as the periodic run lists at once. */
  concurrency: 4,
  concurrencyPerCluster: 1,
  skips: [],
  // Reading a cluster a second time changes nothing.
  interrupted: "again",
  async items(ctx, { clusters }) {
    const found = await (clusters === undefined
      ? resyncable(ctx)
      : Promise.all(clusters.map((key) => ctx.findCluster(key))));
    // One that was named by id and by slug is read once.
    const byId = new Map(found.map(({ id, name }) => [id, name]));
    return [...byId].map(([id, name]) => ({ title: name, clusterId: id, input: { cluster: id } }));
  },
});

/** By name. */
async function resyncable(ctx: OperationContext): Promise<{ id: string; name: string }[]> {
  const visible = await visibleClusterIds(ctx, { removedToo: false });
  const clusters = await ctx.sql<{ id: string; name: string }[]>`
    select id::text as id, name from clusters
    where deleted_at is null and ${visible === null ? ctx.sql`true` : ctx.sql`id = any(${visible}::uuid[])`}
    order by name_key, id`;
  const allowed = await Promise.all(clusters.map(({ id }) => may(ctx, id)));
  return clusters.filter((_, index) => allowed[index]);
}

const may = (ctx: OperationContext, clusterId: string): Promise<boolean> =>
  ctx.authorize("resource.reconcile", { clusterId }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof DomainError) return false;
      throw error;
    },
  );
