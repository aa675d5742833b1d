import { ObjectDiff, ObjectRef } from "@flux-orchestrator/contract";
import {
  APPLIER_MANAGERS,
  differencesOf,
  type InventoryEntry,
  inventoryOf,
  isFluxKind,
  type Json,
  type KubeObject,
  keyOfObject,
  MASKED_LEAVES,
  maskObject,
  remoteClusterOf,
  type StubReason,
} from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import type { GuardedCluster } from "../guarded-cluster.ts";
import { operation } from "../operation.ts";
import { namedObject, OBJECT_FIELD_CODES, objectScope, readObject } from "../workload/object-ref.ts";
import type { ManifestObject } from "./helm-release.ts";
import { inParallel } from "./in-parallel.ts";
import { reasonOf } from "./read-kind.ts";
import { isSecret, kindKey } from "./tree-kinds.ts";
import { asStored, notBuiltHere, placeOf, storedReleaseOf, wantedState } from "./wanted-state.ts";

const PARALLEL = 4;
/** Objects below one that are compared. */
const OBJECTS_MAX = 500;

/**
 * An object as it lives beside what is wanted of it: the fields that differ and who wrote them. Of a Flux object also everything it
 * applied. Where what is wanted cannot be had, the answer says why, and which fields somebody else took from the applier.
 *
 * @throws DomainError KIND_NOT_SUPPORTED, KIND_AMBIGUOUS, OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, …
 */
export const objectDiff = operation({
  name: "tree.diff",
  permission: "resource.read",
  scope: objectScope,
  effect: "read",
  input: ObjectRef,
  output: ObjectDiff,
  invalid: OBJECT_FIELD_CODES,
  async run(ctx, ref) {
    const named = await namedObject(ctx, ref);
    const live = await readObject(named);
    const cluster = await ctx.cluster(named.clusterId);
    const hmac = (value: string) => ctx.keyring.hmac(value);
    const { managers, desired, ...wanted } = await wantedState(cluster, live);
    return {
      ...wanted,
      actual: shown(live, hmac),
      desired: desired === null ? null : shown(desired as unknown as KubeObject, hmac),
      differences: differencesOf({ live, desired, appliers: managers }, hmac),
      ...(await appliedBelow(ctx, cluster, live)),
    };
  },
});

type Hmac = (value: string) => string;
function shown(object: KubeObject, hmac: Hmac): Json {
  const { [MASKED_LEAVES]: _, ...rest } = maskObject(object, hmac).object;
  return rest;
}

type Below = Pick<ObjectDiff, "objects"> & { notAvailable?: string };
/** An object of a release, or one that an inventory names. */
type Applied = { place: Pick<InventoryEntry, "group" | "kind" | "namespace" | "name">; wanted: ManifestObject | null };

/** What a Flux object applied, one by one; where what is wanted of it cannot be had, with the reason. */
async function appliedBelow(ctx: OperationContext, cluster: GuardedCluster, live: KubeObject): Promise<Below> {
  const key = keyOfObject(live);
  if (APPLIER_MANAGERS[key.kind] === undefined || !isFluxKind(key)) return { objects: null };
  if (key.kind === "HelmRelease") {
    const { objects, refused } = await storedReleaseOf(cluster, live);
    if (objects === undefined) return { objects: null, notAvailable: refused };
    const installed = objects.map((wanted) => ({ place: placeOf(wanted), wanted }));
    return { objects: await compareAll(ctx, cluster, { kind: key.kind, applied: installed }) };
  }
  const remote = remoteClusterOf(live);
  if (remote !== null) return { objects: null, notAvailable: `What it applied is on ${remote}.` };
  const applied = inventoryOf(live).map((place) => ({ place, wanted: null }));
  if (applied.length === 0) return { objects: null };
  return { objects: await compareAll(ctx, cluster, { kind: key.kind, applied }), notAvailable: notBuiltHere(key) };
}

async function compareAll(
  ctx: OperationContext,
  cluster: GuardedCluster,
  { kind, applied }: { kind: string; applied: readonly Applied[] },
): Promise<NonNullable<ObjectDiff["objects"]>> {
  const compared: NonNullable<ObjectDiff["objects"]> = applied.map(({ place: { group, kind, namespace, name } }) => ({
    ...{ group, kind, namespace, name },
    differences: [],
    stub: "too-many" as const,
  }));
  const appliers = APPLIER_MANAGERS[kind] ?? [];
  await inParallel(applied.slice(0, OBJECTS_MAX).entries(), PARALLEL, async ([at, one]) => {
    Object.assign(compared[at]!, await compareOne(ctx, cluster, { ...one, appliers }));
  });
  return compared;
}

async function compareOne(
  ctx: OperationContext,
  cluster: GuardedCluster,
  { place, wanted, appliers }: Applied & { appliers: readonly string[] },
): Promise<{ differences: ObjectDiff["differences"]; stub: StubReason | null }> {
  const left = (stub: StubReason) => ({ differences: [], stub });
  if (isSecret(kindKey(place))) return left("secret");
  const [served] = await cluster.any.named(place.kind, place.group);
  if (served === undefined) return left("not-served");
  try {
    const live = await cluster.any.get("resource.read", served, place);
    const desired = wanted === null ? null : asStored(wanted);
    return { differences: differencesOf({ live, desired, appliers }, (value) => ctx.keyring.hmac(value)), stub: null };
  } catch (error) {
    return left(reasonOf(error));
  }
}
