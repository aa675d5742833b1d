import { Cluster, ClusterMeta } from "@flux-orchestrator/contract";
import type { ClusterTarget } from "@flux-orchestrator/k8s";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import { operation } from "../operation.ts";
import { announceClusters } from "./announce.ts";
import { newClusterSubject, subjectOf } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";
import { credentialPlace, insertCluster, sealCredential } from "./registration.ts";

const SOURCE = "in-cluster";
/** Its slug too, so that it answers to the id that the original gives it. */
const ID = "in-cluster";

const ApiServer = z.strictObject({
  /** `https://host:port`. */
  server: z.url({ protocol: /^https$/ }),
  /** PEM. */
  ca: z.string().min(1).max(65_536),
});
const InCluster = ClusterMeta.pick({ name: true, description: true }).extend(ApiServer.shape);

/** Registers the cluster that this server runs in. @throws DomainError CLUSTER_NAME_TAKEN */
export const registerInCluster = operation({
  name: "cluster.registerInCluster",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "create", subject: newClusterSubject },
  input: InCluster,
  output: Cluster,
  run: (ctx, { name, description, ...place }) =>
    insertCluster(
      ctx,
      { name, description, environment: "", labels: {} },
      { server: place.server, insecureTls: false, credentialKind: "service-account", target: targetOf(place) },
      { source: SOURCE, slugOf: ID },
    ),
  async afterCommit(ctx, cluster) {
    ctx.fleet.added(cluster.id);
    return cluster;
  },
});

/** Follows the cluster that this server runs in to another address or authority. @throws DomainError CLUSTER_NOT_FOUND */
export const moveInCluster = operation({
  name: "cluster.moveInCluster",
  permission: "cluster.update",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "database",
  audit: { action: "update", subject: async ({ cluster }, ctx) => subjectOf(await ctx.findCluster(cluster)) },
  input: ApiServer.extend({ cluster: z.uuid() }),
  output: Cluster,
  async run(ctx, { cluster: id, ...place }) {
    await sealCredential(ctx, id, targetOf(place));
    await ctx.sql`update clusters set server = ${place.server}, updated_at = now() where id = ${id}::uuid`;
    announceClusters(ctx, [id], "upsert");
    ctx.note("The address or the authority of the API server changed");
    return oneCluster(ctx, id);
  },
  async afterCommit(ctx, cluster) {
    ctx.fleet.changed(cluster.id);
    return cluster;
  },
});

/**
 * The cluster that this server runs in is registered from then on, found again by its source: what people made of its name
 * and description stays.
 * @throws DomainError CLUSTER_NAME_TAKEN when another cluster has the name
 */
export const ensureInCluster = operation({
  name: "cluster.ensureInCluster",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "items",
  input: InCluster,
  output: z.object({ id: z.string() }),
  async run(ctx, input) {
    const [known] = await ctx.sql<{ id: string; sealed: string | null }[]>`
      select c.id::text as id, s.sealed from clusters c left join cluster_credentials s on s.cluster_id = c.id
      where c.source = ${SOURCE} and c.deleted_at is null`;
    if (known === undefined) return { id: (await ctx.perform(registerInCluster, input)).id };
    const { server, ca } = input;
    if (!isAt(ctx, known, { server, ca })) await ctx.perform(moveInCluster, { cluster: known.id, server, ca });
    return { id: known.id };
  },
});

/** It holds no credential: that lies beside the server, and is renewed there. */
const targetOf = ({ server, ca }: z.output<typeof ApiServer>): ClusterTarget => ({ server, ca, serviceAccount: true });

/** Whether what is sealed leads there; what another key sealed does not. */
function isAt(
  ctx: OperationContext,
  { id, sealed }: { id: string; sealed: string | null },
  place: z.output<typeof ApiServer>,
): boolean {
  try {
    return sealed !== null && ctx.keyring.open(credentialPlace(id), sealed) === JSON.stringify(targetOf(place));
  } catch {
    return false;
  }
}
