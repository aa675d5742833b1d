import { type BulkAction, type BulkObject, DomainError, type ResourceRow } from "@flux-orchestrator/contract";
import { dependencyOrder } from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { MISSING, reasonToSkip } from "./reason-to-skip.ts";
import { type Selection, selectedObjects } from "./selected-objects.ts";

/** One object of a bulk action, and why it is left out where it is. */
export interface Planned extends BulkObject {
  /** Null where nothing is known of it. */
  clusterId: string | null;
  /** Tells an object from another that had its name before. */
  uid: string;
  skip: DomainError | undefined;
}

/**
 * What a bulk action would do now, in the order in which it would begin: what others depend on first, then by cluster,
 * namespace and name. The same for the same objects.
 *
 * @throws DomainError INPUT_INVALID when there are too many
 */
export async function planBulk(ctx: OperationContext, action: BulkAction, selection: Selection): Promise<Planned[]> {
  const { rows, missing } = await selectedObjects(ctx, selection);
  const mayAct = await rightsOver(ctx, action, rows);
  const known = rows.map(
    (row): Planned => ({
      cluster: row.clusterSlug,
      clusterName: row.clusterName,
      kind: row.kind,
      namespace: row.namespace,
      name: row.name,
      word: row.word,
      clusterId: row.clusterId,
      uid: row.uid,
      skip: reasonToSkip(action, row, mayAct(row)),
    }),
  );
  const unknown = missing.map(
    (ref): Planned => ({ ...ref, clusterName: ref.cluster, word: null, clusterId: null, uid: "", skip: MISSING }),
  );
  return [...known, ...unknown].sort(inOrder);
}

const inOrder = (one: Planned, other: Planned): number =>
  dependencyOrder(one.kind) - dependencyOrder(other.kind) ||
  inAlphabet(one.cluster, other.cluster) ||
  inAlphabet(one.kind, other.kind) ||
  inAlphabet(one.namespace, other.namespace) ||
  inAlphabet(one.name, other.name);
const inAlphabet = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Whether the actor may do this to an object; each namespace of a cluster is asked about once. */
async function rightsOver(
  ctx: OperationContext,
  action: BulkAction,
  rows: readonly ResourceRow[],
): Promise<(row: ResourceRow) => boolean> {
  const places = new Map(
    rows.map(({ clusterId, namespace }) => [`${clusterId}/${namespace}`, { clusterId, namespace }]),
  );
  const allowed = new Set<string>();
  for (const [place, scope] of places) {
    try {
      await ctx.authorize(`resource.${action}`, scope);
      allowed.add(place);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
  return ({ clusterId, namespace }) => allowed.has(`${clusterId}/${namespace}`);
}
