import { Cluster, DomainError, LabelClustersInput, Labels } from "@flux-orchestrator/contract";
import { z } from "zod";
import { operation } from "../operation.ts";
import { announceClusters } from "./announce.ts";
import { CLUSTER_FIELD_CODES, subjectOf } from "./cluster-input.ts";
import { oneCluster } from "./one-cluster.ts";

/**
 * Sets the environment and adds, replaces or removes (null) labels, on one or many clusters at once: on all of them or
 * on none.
 *
 * @throws DomainError CLUSTER_NOT_FOUND; LABELS when one would have more than 64
 */
export const labelClusters = operation({
  name: "cluster.label",
  permission: "cluster.update",
  scope: (input, ctx) => Promise.all(input.clusters.map((key) => ctx.clusterScope(key))),
  effect: "database",
  audit: {
    action: "label",
    async subject(input, ctx) {
      const [only, ...others] = await Promise.all(input.clusters.map((key) => ctx.findCluster(key)));
      if (only !== undefined && others.length === 0) return subjectOf(only);
      return {
        resourceType: "clusters",
        resourceId: "several",
        resourceName: `${others.length + 1} clusters`,
        clusterId: "",
        clusterName: "",
      };
    },
  },
  input: LabelClustersInput,
  output: z.array(Cluster),
  invalid: CLUSTER_FIELD_CODES,
  async run(ctx, input) {
    const records = await Promise.all(input.clusters.map((key) => ctx.findCluster(key)));
    const ids = [...new Set(records.map((record) => record.id))].sort();
    const before = await ctx.sql<{ id: string; labels: Record<string, string> }[]>`
      select id::text as id, labels from clusters where id = any(${ids}::uuid[]) order by id for update`;
    for (const { id, labels } of before) {
      const next = Labels.safeParse(merged(labels, input.labels ?? {}));
      if (!next.success)
        throw new DomainError("LABELS", "A cluster has at most 64 labels.", {
          issues: [{ path: "labels", message: "at most 64 labels" }],
        });
      await ctx.sql`update clusters set labels = ${ctx.sql.json(next.data)}, updated_at = now() where id = ${id}::uuid`;
      if (input.environment !== undefined)
        await ctx.sql`update clusters set environment = ${input.environment} where id = ${id}::uuid`;
    }
    announceClusters(ctx, ids, "upsert");
    ctx.note(wordsOf(input));
    return Promise.all(ids.map((id) => oneCluster(ctx, id)));
  },
});

function merged(labels: Record<string, string>, change: Record<string, string | null>): Record<string, string> {
  const next = new Map(Object.entries(labels));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) next.delete(key);
    else next.set(key, value);
  }
  return Object.fromEntries(next);
}

function wordsOf(input: z.output<typeof LabelClustersInput>): string {
  const labels = Object.entries(input.labels ?? {}).map(([key, value]) =>
    value === null ? `removed ${key}` : `${key}=${value}`,
  );
  const environment =
    input.environment === undefined ? [] : [`environment ${input.environment === "" ? "cleared" : input.environment}`];
  return [...environment, ...labels].join(", ");
}
