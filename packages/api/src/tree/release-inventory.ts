import { type Applied, groupOf, type InventoryEntry, NOTHING_APPLIED } from "@flux-orchestrator/flux";
import type { GuardedCluster } from "../guarded-cluster.ts";
import {
  type ManifestObject,
  manifestOf,
  type ReleaseRef,
  releaseSecretName,
  UnreadableReleaseError,
} from "./helm-release.ts";
import { reasonOf } from "./read-kind.ts";

/** A release as Helm stored it, or the sentence that says why it cannot be read. */
export type StoredRelease = { objects: ManifestObject[]; refused?: never } | { objects?: never; refused: string };

/**
 * Reads what Helm stored of a release, where the credential may read that Secret. Every object has the namespace it was
 * installed in. What is secret in it is in clear.
 *
 * @throws KubeError when the cluster cannot be asked
 */
export async function readRelease(cluster: GuardedCluster, release: ReleaseRef): Promise<StoredRelease> {
  const name = releaseSecretName(release);
  const where = `the Secret ${name} in ${release.storageNamespace}, where Helm keeps the release`;
  try {
    const [secrets] = await cluster.any.named("Secret", "");
    if (secrets === undefined) return { refused: `The cluster does not serve Secrets, and so not ${where}.` };
    const secret = await cluster.any.get("resource.read", secrets, { namespace: release.storageNamespace, name });
    return { objects: await Promise.all(manifestOf(secret).map((object) => placed(cluster, object, release))) };
  } catch (error) {
    if (error instanceof UnreadableReleaseError) return { refused: `What is in ${where}, cannot be read.` };
    const reason = reasonOf(error);
    if (reason === "forbidden") return { refused: `Nobody here may read ${where}.` };
    return {
      refused: reason === "not-found" ? `There is no such thing as ${where}.` : `The cluster does not give ${where}.`,
    };
  }
}

async function placed(cluster: GuardedCluster, object: ManifestObject, release: ReleaseRef): Promise<ManifestObject> {
  const [served] = await cluster.any.named(object.kind, groupOf(object.apiVersion));
  const namespace = served?.namespaced === false ? "" : (object.metadata.namespace ?? release.namespace);
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** What a release applied, from Helm's own storage: helm-controllers before 1.5 do not say it. */
export async function readReleaseInventory(cluster: GuardedCluster, release: ReleaseRef): Promise<Applied> {
  const { objects, refused } = await readRelease(cluster, release);
  if (objects === undefined) return { ...NOTHING_APPLIED, unknown: `What it applied is not known. ${refused}` };
  return { ...NOTHING_APPLIED, entries: objects.map(entryOf) };
}

function entryOf({ apiVersion, kind, metadata }: ManifestObject): InventoryEntry {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return { group: groupOf(apiVersion), version, kind, namespace: metadata.namespace ?? "", name: metadata.name };
}
