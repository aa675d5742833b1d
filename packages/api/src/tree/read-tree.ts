import type { ResourceTree } from "@flux-orchestrator/contract";
import {
  type Applied,
  buildTree,
  DEPTH_MAX,
  isFluxKind,
  type KubeObject,
  keyOfObject,
  NOTHING_APPLIED,
  type ObjectKey,
  type Readiness,
  remoteClusterOf,
  type TreeObject,
  treeId,
} from "@flux-orchestrator/flux";
import type { OperationContext } from "../context.ts";
import { type ReleaseRef, releaseOf } from "./helm-release.ts";
import { inParallel } from "./in-parallel.ts";
import { KnownObjects } from "./known-objects.ts";
import { readKind, reasonOf, type TreeReader } from "./read-kind.ts";
import { readReleaseInventory } from "./release-inventory.ts";
import { DEPENDENT_KINDS, groupKindOf, kindKey, ROOT_KINDS } from "./tree-kinds.ts";

/** Lists of a cluster under way at once. */
const PARALLEL = 4;
/** Releases without an inventory whose Secrets are read for one tree. */
const RELEASES_MAX = 200;

/**
 * The tree of one object, or of every applier and source of a cluster: one list for each kind, whatever their number. Flux
 * objects come first, so that of everything else only what belongs to the tree is kept.
 *
 * @throws KubeError when the cluster cannot be asked; OBJECT_NOT_FOUND when there is no such object
 */
export async function readTree(
  ctx: OperationContext,
  { clusterId, root }: { clusterId: string; root: ObjectKey | null },
): Promise<ResourceTree> {
  const cluster = await ctx.cluster(clusterId);
  const known = new KnownObjects(ctx.now());
  const releases = new Map<string, ReleaseRef>();
  const reader: TreeReader = {
    cluster,
    known,
    everywhere: root === null,
    onKept: (object) => noteRelease(object, releases),
  };
  if (root === null) {
    await readRoots(reader);
    await readReleases(reader, releases);
  } else await readRoot(reader, root, releases);
  await readApplied(reader);
  for (const kinds of DEPENDENT_KINDS)
    await inParallel(
      kinds.filter((key) => known.mayHold(key)),
      PARALLEL,
      (key) => readKind(reader, key),
    );
  const { objects } = known;
  const words = await readWords(ctx, clusterId, objects);
  const tree = buildTree(
    objects.map((object) => ({ ...object, word: words.get(object.uid) ?? null })),
    (entry) => known.reasonOf(entry),
  );
  return { roots: root === null ? tree.roots : [treeId(root)], nodes: tree.nodes, unread: known.unread };
}

/** A release of before helm-controller 1.5, which does not say what it applied. */
function noteRelease(object: KubeObject, releases: Map<string, ReleaseRef>): void {
  const key = keyOfObject(object);
  if (key.kind !== "HelmRelease" || !isFluxKind(key) || object.status?.["inventory"] !== undefined) return;
  const release = remoteClusterOf(object) === null ? releaseOf(object) : null;
  if (release !== null) releases.set(treeId(key), release);
}

/** @throws KubeError when no kind may be listed: that would be a tree of nothing */
async function readRoots({ cluster, known, onKept }: TreeReader): Promise<void> {
  let listed = 0;
  let refusal: unknown;
  await inParallel(ROOT_KINDS, PARALLEL, async (kind) => {
    const served = cluster.served(kind.kind);
    if (served === undefined) return known.notRead(kind, "not-served");
    try {
      for await (const { objects } of cluster.any.pages("resource.read", served))
        for (const object of objects) if (known.keep(object) !== null) onKept(object);
      listed++;
    } catch (error) {
      known.notRead(kind, reasonOf(error));
      refusal = error;
    }
  });
  if (listed === 0 && refusal !== undefined) throw refusal;
  for (const kind of ROOT_KINDS) known.seek(kindKey(kind));
}

/** One object, and level by level what it applies that applies more. */
async function readRoot(reader: TreeReader, root: ObjectKey, releases: Map<string, ReleaseRef>): Promise<void> {
  const { cluster, known, onKept } = reader;
  const object = await cluster.get("resource.read", root);
  known.keep(object);
  onKept(object);
  for (let level = 0; level < DEPTH_MAX; level++) {
    await readReleases(reader, releases);
    const appliers = known.wantedKinds.filter((key) => isFluxKind(groupKindOf(key)) && known.unsought(key).length > 0);
    if (appliers.length === 0) return;
    await inParallel(appliers, PARALLEL, (key) => readKind(reader, key));
  }
}

/** What the releases noted so far applied, from Helm's own storage. */
async function readReleases({ cluster, known }: TreeReader, releases: Map<string, ReleaseRef>): Promise<void> {
  const noted = [...releases];
  releases.clear();
  for (const [id] of noted.slice(RELEASES_MAX)) known.learnApplied(id, TOO_MANY_RELEASES);
  await inParallel(noted.slice(0, RELEASES_MAX), PARALLEL, async ([id, release]) =>
    known.learnApplied(id, await readReleaseInventory(cluster, release)),
  );
}
const TOO_MANY_RELEASES: Applied = {
  ...NOTHING_APPLIED,
  unknown: `What it applied is not looked up here: more than ${RELEASES_MAX} releases do not say it. Its own tree does.`,
};

/** Everything that inventories name, but for what controllers make too: that is read in its turn. */
async function readApplied(reader: TreeReader): Promise<void> {
  const dependents = new Set(DEPENDENT_KINDS.flat());
  const kinds = reader.known.wantedKinds.filter((key) => !dependents.has(key) && reader.known.unsought(key).length > 0);
  await inParallel(kinds, PARALLEL, (key) => readKind(reader, key));
}

/** The words of the Flux objects as they are stored, by uid. */
async function readWords(
  { sql }: OperationContext,
  clusterId: string,
  objects: readonly TreeObject[],
): Promise<Map<string, Readiness>> {
  const uids = objects.filter(isFluxKind).map(({ uid }) => uid);
  const rows = await sql<{ uid: string; word: Readiness }[]>`
    select uid, word from flux_resources where cluster_id = ${clusterId}::uuid and uid = any(${uids})`;
  return new Map(rows.map(({ uid, word }) => [uid, word]));
}
