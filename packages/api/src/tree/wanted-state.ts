import {
  APPLIER_MANAGERS,
  fluxKind,
  groupOf,
  isRecord,
  type Json,
  type KubeObject,
  keyOfObject,
  type ObjectRef,
  ownerOf,
  recordOf,
  remoteClusterOf,
  treeId,
} from "@flux-orchestrator/flux";
import type { GuardedCluster } from "../guarded-cluster.ts";
import { type ManifestObject, releaseOf } from "./helm-release.ts";
import { reasonOf } from "./read-kind.ts";
import { readRelease, type StoredRelease } from "./release-inventory.ts";

/** What is wanted of a live object, in clear, or why nobody knows; and the field managers of whoever wants it. */
export interface WantedState {
  applier: ObjectRef | null;
  managers: readonly string[];
  desired: Json | null;
  desiredFrom: "helm-release" | "last-applied" | null;
  notAvailable: string | null;
}

/**
 * Finds what is wanted of an object: what Helm stored, for what a HelmRelease installed; what `kubectl apply` left, for what Flux
 * does not apply. What Git states of what a Kustomization applies is not to be had.
 *
 * @throws KubeError when the cluster cannot be asked
 */
export async function wantedState(cluster: GuardedCluster, live: KubeObject): Promise<WantedState> {
  const applier = ownerOf(live);
  if (applier === null) return lastApplied(live);
  const managers = APPLIER_MANAGERS[applier.kind] ?? [];
  const unknown = (notAvailable: string) => ({ applier, managers, desired: null, desiredFrom: null, notAvailable });
  if (applier.kind !== "HelmRelease") return unknown(notBuiltHere(applier));
  const { objects, refused } = await releaseBehind(cluster, applier);
  if (objects === undefined) return unknown(refused);
  const key = treeId(keyOfObject(live));
  const wanted = objects.find((object) => treeId(placeOf(object)) === key);
  if (wanted === undefined) return unknown("The release that Helm stored last does not have this object.");
  return { applier, managers, desired: asStored(wanted), desiredFrom: "helm-release", notAvailable: null };
}

/** Why nobody knows what an applier that is no HelmRelease states. */
export const notBuiltHere = ({ kind, namespace, name }: Pick<ObjectRef, "kind" | "namespace" | "name">): string =>
  `What ${kind} ${namespace}/${name} states is not known here: it would have to be built from its source. ` +
  "Shown are the fields that somebody else took.";

/** What Helm stored last of a HelmRelease. */
export async function storedReleaseOf(cluster: GuardedCluster, release: KubeObject): Promise<StoredRelease> {
  const remote = remoteClusterOf(release);
  if (remote !== null) return { refused: `What it installed is on ${remote}.` };
  const found = releaseOf(release);
  return found === null ? { refused: "It has not installed anything yet." } : readRelease(cluster, found);
}

async function releaseBehind(cluster: GuardedCluster, applier: ObjectRef): Promise<StoredRelease> {
  try {
    const key = { ...applier, group: fluxKind(applier.kind)?.group ?? "" };
    return await storedReleaseOf(cluster, await cluster.get("resource.read", key));
  } catch (error) {
    const reason = reasonOf(error);
    const what = `the HelmRelease ${applier.namespace}/${applier.name} that installed it`;
    return { refused: reason === "not-found" ? `There is no longer ${what}.` : `Nobody here may read ${what}.` };
  }
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const KUBECTL = ["kubectl-client-side-apply", "kubectl"];

function lastApplied(live: KubeObject): WantedState {
  const applied = parsed(live.metadata.annotations?.[LAST_APPLIED]);
  // Of another kind it is not what was applied, and what is secret in it is not known.
  const desired = applied?.kind === live.kind ? applied : null;
  return {
    applier: null,
    managers: KUBECTL,
    desired,
    desiredFrom: desired === null ? null : "last-applied",
    notAvailable:
      desired === null ? "Flux does not apply this object, and who did has not left what they applied." : null,
  };
}

function parsed(text: string | undefined): Json | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

export const placeOf = ({ apiVersion, kind, metadata }: ManifestObject) => ({
  group: groupOf(apiVersion),
  kind,
  namespace: metadata.namespace ?? "",
  name: metadata.name,
});

/** A Secret's texts as the API server keeps them. */
export function asStored(object: ManifestObject): Json {
  const { stringData, ...rest } = object;
  if (object.kind !== "Secret" || !isRecord(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]);
  return { ...rest, data: { ...recordOf(object["data"]), ...Object.fromEntries(encoded) } };
}
