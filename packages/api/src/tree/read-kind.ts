import { DomainError } from "@flux-orchestrator/contract";
import { type InventoryEntry, type KubeObject, keyOfObject, type StubReason } from "@flux-orchestrator/flux";
import { type ApiResource, KubeError } from "@flux-orchestrator/k8s";
import type { GuardedCluster } from "../guarded-cluster.ts";
import { inParallel } from "./in-parallel.ts";
import type { KnownObjects } from "./known-objects.ts";
import { groupKindOf, needsOnlyMetadata, pageSizeOf } from "./tree-kinds.ts";

/** Objects of a kind that are looked up one by one for a tree of one object; more are listed. */
const LOOKED_UP_MAX = 10;
/** Namespaces that are listed one by one, where the cluster as a whole may not be listed. */
const NAMESPACES_MAX = 50;
const PARALLEL = 4;

/** What is read with, and into. */
export interface TreeReader {
  readonly cluster: GuardedCluster;
  readonly known: KnownObjects;
  /** Each kind by one list of the whole cluster; otherwise only where the tree's objects are. */
  readonly everywhere: boolean;
  /** Told of everything that is kept. */
  onKept(object: KubeObject): void;
}

/**
 * Reads what of a kind belongs to the tree. What the cluster does not serve or somebody may not read is remembered as that,
 * and the tree goes without.
 *
 * @throws KubeError when the cluster cannot be asked at all
 */
export async function readKind(reader: TreeReader, key: string): Promise<void> {
  const { cluster, known, everywhere } = reader;
  const kind = groupKindOf(key);
  const missing = known.seek(key);
  const [served] = await cluster.any.named(kind.kind, kind.group);
  if (served === undefined || !served.verbs.includes("list")) return known.notRead(kind, "not-served");

  if (everywhere || !served.namespaced) {
    if (!everywhere && missing.length <= LOOKED_UP_MAX) return lookUp(reader, served, missing);
    const refused = await list(reader, served, {});
    if (refused === null) return;
    const namespaces = new Set([...known.namespacesOfOwners(key), ...missing.map(({ namespace }) => namespace)]);
    if (refused !== "forbidden" || !served.namespaced || namespaces.size > NAMESPACES_MAX)
      return known.notRead(kind, refused);
    return listNamespaces(reader, served, namespaces);
  }
  const owners = known.namespacesOfOwners(key);
  if (owners.size === 0 && missing.length <= LOOKED_UP_MAX) return lookUp(reader, served, missing);
  return listNamespaces(reader, served, new Set([...owners, ...missing.map(({ namespace }) => namespace)]));
}

const listNamespaces = (reader: TreeReader, served: ApiResource, namespaces: Iterable<string>): Promise<void> =>
  inParallel(namespaces, PARALLEL, async (namespace) => {
    const refused = await list(reader, served, { namespace });
    if (refused !== null) reader.known.notRead(served, refused, namespace);
  });

/** Offers every object listed to the tree. @returns why it could not be listed */
async function list(
  { cluster, known, onKept }: TreeReader,
  served: ApiResource,
  part: { namespace?: string },
): Promise<StubReason | null> {
  const key = `${served.group}/${served.kind}`;
  const options = { ...part, pageSize: pageSizeOf(key), metadataOnly: needsOnlyMetadata(key) };
  try {
    for await (const { objects } of cluster.any.pages("resource.read", served, options))
      for (const object of objects) if (known.offer(object, keyOfObject(object)) !== null) onKept(object);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

const lookUp = (
  { cluster, known, onKept }: TreeReader,
  served: ApiResource,
  entries: readonly InventoryEntry[],
): Promise<void> =>
  inParallel(entries, PARALLEL, async (entry) => {
    try {
      const object = await cluster.any.get("resource.read", served, entry);
      if (known.offer(object, keyOfObject(object)) !== null) onKept(object);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== "not-found") known.notRead(entry, reason, entry.namespace);
    }
  });

/**
 * Why one kind cannot be read, when the others may be.
 * @throws the error itself when nothing of the cluster can be
 */
export function reasonOf(error: unknown): StubReason {
  if (error instanceof DomainError && error.code === "FORBIDDEN") return "forbidden";
  if (error instanceof KubeError) {
    const reason = REASONS[error.code];
    if (reason !== undefined) return reason;
  }
  throw error;
}
const REASONS: Partial<Record<KubeError["code"], StubReason>> = {
  CLUSTER_FORBIDDEN: "forbidden",
  OBJECT_NOT_FOUND: "not-found",
  CLUSTER_ERROR: "failed",
  // One list that is none; where all are, nothing of the cluster is read and the failure is told.
  NOT_KUBERNETES: "failed",
  CLUSTER_REJECTED: "failed",
  GONE: "failed",
};
