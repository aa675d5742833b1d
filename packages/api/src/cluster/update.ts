import { Cluster, UpdateClusterInput } from "@flux-orchestrator/contract";
import { usableContext } from "../kubeconfig/usable-context.ts";
import { operation } from "../operation.ts";
import { announceClusters } from "./announce.ts";
import { CLUSTER_FIELD_CODES, clusterSubject } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";
import { refuseTakenName, sealCredential, takenAsError } from "./registration.ts";
import { nameKey } from "./slug.ts";

/**
 * Changes what is given and nothing else. A new kubeconfig replaces the sealed credential, and the cluster is watched
 * with it from then on. The slug stays as it is when the name changes.
 *
 * @throws DomainError CLUSTER_NOT_FOUND, CLUSTER_NAME_TAKEN, and what registering throws for a kubeconfig
 */
export const updateCluster = operation({
  name: "cluster.update",
  permission: "cluster.update",
  scope: (input, ctx) => ctx.clusterScope(input.cluster),
  effect: "database",
  audit: { action: "update", subject: clusterSubject },
  input: UpdateClusterInput,
  output: Cluster,
  invalid: CLUSTER_FIELD_CODES,
  async run(ctx, { cluster: key, ...change }) {
    const { id } = await ctx.findCluster(key);
    const { sql } = ctx;
    const changed: string[] = [];
    const set = async (field: string, columns: Record<string, string | number | boolean | Date | null>) => {
      changed.push(field);
      await sql`update clusters set ${sql(columns)} where id = ${id}::uuid`;
    };
    if (change.name !== undefined) {
      await refuseTakenName(sql, change.name, id);
      await set("name", { name: change.name, name_key: nameKey(change.name) }).catch(takenAsError);
    }
    if (change.description !== undefined) await set("description", { description: change.description });
    if (change.environment !== undefined) await set("environment", { environment: change.environment });
    if (change.healthCheckIntervalSeconds !== undefined) {
      await set("health_check_interval", { health_check_interval_seconds: change.healthCheckIntervalSeconds });
    }
    if (change.labels !== undefined) {
      changed.push("labels");
      await sql`update clusters set labels = ${sql.json(change.labels)} where id = ${id}::uuid`;
    }
    if (change.kubeconfig !== undefined) {
      const context = await usableContext({ ...change, kubeconfig: change.kubeconfig }, ctx.egress);
      await sealCredential(ctx, id, context.target);
      await set("kubeconfig", {
        server: context.server,
        insecure_tls: context.insecureTls,
        credential_kind: context.credentialKind,
        credential_expires_at: context.expiresAt ?? null,
      });
    }
    await sql`update clusters set updated_at = now() where id = ${id}::uuid`;
    announceClusters(ctx, [id], "upsert");
    ctx.note(changed.length === 0 ? "Nothing changed" : `Changed ${changed.join(", ")}`);
    return oneCluster(ctx, id);
  },
  async afterCommit(ctx, cluster, input) {
    if (input.kubeconfig !== undefined) ctx.fleet.changed(cluster.id);
    return cluster;
  },
});
