import { BULK_SAMPLE, type BulkObject, BulkPreview, BulkPreviewInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { type Planned, planBulk } from "./plan.ts";
import { tokenOf } from "./token.ts";

/**
 * What a bulk action would do: how many objects of which clusters and kinds, which would be left out and why. Its token
 * makes the job do exactly this, or say what has changed. Judged by what is stored; nothing is asked of a cluster.
 *
 * @throws DomainError INPUT_INVALID when a filter finds too many
 */
export const previewBulk = operation({
  name: "bulk.preview",
  permission: "resource.read",
  scope: () => FLEET,
  effect: "read",
  input: BulkPreviewInput,
  output: BulkPreview,
  async run(ctx, { action, ...selection }) {
    const planned = await planBulk(ctx, action, selection);
    const acted = planned.filter(({ skip }) => skip === undefined);
    const skipped = Map.groupBy(
      planned.filter(({ skip }) => skip !== undefined),
      ({ skip }) => skip!.code,
    );
    const ofClusters = Map.groupBy(
      planned.filter(({ clusterId }) => clusterId !== null),
      ({ cluster }) => cluster,
    );
    const clusters = [...ofClusters].map(([slug, objects]) => {
      const { clusterId, clusterName } = objects[0]!;
      return { id: clusterId!, slug, name: clusterName, ...countsOf(objects) };
    });
    return {
      action,
      token: tokenOf(action, planned),
      ...countsOf(planned),
      clusters: clusters.sort((one, other) => (one.slug < other.slug ? -1 : 1)),
      kinds: [...Map.groupBy(planned, ({ kind }) => kind)].map(([kind, objects]) => ({ kind, ...countsOf(objects) })),
      sample: sampleOf(acted),
      skips: [...skipped]
        .map(([code, objects]) => {
          const { message, hint } = objects[0]!.skip!;
          return { code, message, hint: hint ?? null, count: objects.length, sample: sampleOf(objects) };
        })
        .sort((one, other) => other.count - one.count),
    };
  },
});

function countsOf(planned: readonly Planned[]) {
  const act = planned.filter(({ skip }) => skip === undefined).length;
  return { act, skip: planned.length - act };
}

const sampleOf = (planned: readonly Planned[]): BulkObject[] =>
  planned.slice(0, BULK_SAMPLE).map(({ cluster, clusterName, kind, namespace, name, word }) => ({
    cluster,
    clusterName,
    kind,
    namespace,
    name,
    word,
  }));
