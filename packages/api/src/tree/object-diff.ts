import { ObjectDiff, ObjectRef } from "@flux-orchestrator/contract";
import {
  APPLIER_MANAGERS,
  differencesOf,
  isFluxKind,
  type Json,
  type KubeObject,
  keyOfObject,
  MASKED_LEAVES,
  maskObject,
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
import { asStored, placeOf, storedReleaseOf, wantedState } from "./wanted-state.ts";

const PARALLEL = 4;
/** Objects of one release that are compared. */
const OBJECTS_MAX = 500;

/**
 * An object as it lives beside what is wanted of it: the fields that differ and who wrote them. Of a HelmRelease also everything it
 * installed. Where what is wanted cannot be had, the answer says why, and which fields somebody else took from the applier.
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
      ...(await installedBy(ctx, cluster, live)),
    };
  },
});

type Hmac = (value: string) => string;
function shown(object: KubeObject, hmac: Hmac): Json {
  const { [MASKED_LEAVES]: _, ...rest } = maskObject(object, hmac).object;
  return rest;
}

type Installed = Pick<ObjectDiff, "objects"> & { notAvailable?: string };

/** What a HelmRelease installed, object by object; where that cannot be had, the reason stands in for what is wanted. */
async function installedBy(ctx: OperationContext, cluster: GuardedCluster, live: KubeObject): Promise<Installed> {
  const key = keyOfObject(live);
  if (key.kind !== "HelmRelease" || !isFluxKind(key)) return { objects: null };
  const { objects, refused } = await storedReleaseOf(cluster, live);
  if (objects === undefined) return { objects: null, notAvailable: refused };
  const compared: NonNullable<ObjectDiff["objects"]> = objects.map((object) => ({
    ...placeOf(object),
    differences: [],
    stub: "too-many" as const,
  }));
  await inParallel(objects.slice(0, OBJECTS_MAX).entries(), PARALLEL, async ([at, object]) => {
    Object.assign(compared[at]!, await compareOne(ctx, cluster, object));
  });
  return { objects: compared };
}

async function compareOne(
  ctx: OperationContext,
  cluster: GuardedCluster,
  object: ManifestObject,
): Promise<{ differences: ObjectDiff["differences"]; stub: StubReason | null }> {
  const place = placeOf(object);
  const left = (stub: StubReason) => ({ differences: [], stub });
  if (isSecret(kindKey(place))) return left("secret");
  const [served] = await cluster.any.named(place.kind, place.group);
  if (served === undefined) return left("not-served");
  try {
    const live = await cluster.any.get("resource.read", served, place);
    const appliers = APPLIER_MANAGERS["HelmRelease"] ?? [];
    const differences = differencesOf({ live, desired: asStored(object), appliers }, (value) =>
      ctx.keyring.hmac(value),
    );
    return { differences, stub: null };
  } catch (error) {
    return left(reasonOf(error));
  }
}
