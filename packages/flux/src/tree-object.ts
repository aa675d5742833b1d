import { type NodeState, nodeStateOf, UNKNOWN_STATE } from "./health.ts";
import type { InventoryEntry } from "./inventory.ts";
import { inventoryOf } from "./inventory.ts";
import { isFluxKind } from "./kinds.ts";
import { maskObject, maskText, secretsOf } from "./mask.ts";
import { groupOf, type KubeObject, listOf, type ObjectKey, recordOf, textOf } from "./object.ts";
import { remoteClusterOf } from "./remote-cluster.ts";
import type { Readiness } from "./words.ts";

/** What a tree keeps of a live object: its place, its state and what hangs below it. */
export interface TreeObject extends ObjectKey {
  apiVersion: string;
  uid: string;
  /** ISO 8601 as the API server wrote it; null when it did not. */
  createdAt: string | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Uids of the objects that own it. */
  owners: readonly string[];
  state: NodeState;
  /** Settled readiness of a Flux object; null where there is none. */
  word: Readiness | null;
  applied: Applied;
}

/** What an object says it applied. */
export interface Applied {
  entries: readonly InventoryEntry[];
  /** The other cluster it applies to, in words; null: the one it stands in. */
  remote: string | null;
  /** Why it is not known what it applied; null when it is. */
  unknown: string | null;
}

/** Where an object stands among all of a cluster; kinds of the same name in two groups are two. */
export const treeId = ({ group, kind, namespace, name }: ObjectKey): string => `${group}/${kind}/${namespace}/${name}`;

/** Reads what a tree needs of an object, masked. Metadata alone will do for kinds whose state is nothing but being there. */
export function treeObjectOf(object: KubeObject, nowMs: number): TreeObject {
  const { metadata } = object;
  const place = keyOfObject(object);
  const isFlux = isFluxKind(place);
  const state = nodeStateOf(object, nowMs);
  const { labels, annotations } = maskObject({ ...BARE, metadata }, () => "").object.metadata;
  return {
    ...place,
    apiVersion: object.apiVersion,
    uid: metadata.uid,
    createdAt: textOf(metadata.creationTimestamp),
    labels: recordOf(labels) as Record<string, string>,
    annotations: recordOf(annotations) as Record<string, string>,
    owners: listOf(metadata.ownerReferences).flatMap((owner) => textOf(recordOf(owner).uid) ?? []),
    state:
      state.message === ""
        ? state
        : { ...state, message: maskText(state.message, isFlux ? secretsOf(object) : undefined) },
    word: null,
    applied: isFlux
      ? { entries: inventoryOf(object), remote: remoteClusterOf(object), unknown: null }
      : NOTHING_APPLIED,
  };
}

const BARE = { apiVersion: "v1", kind: "" };
export const NOTHING_APPLIED: Applied = { entries: [], remote: null, unknown: null };

/** The key of a live object. */
export const keyOfObject = ({ apiVersion, kind, metadata }: KubeObject): ObjectKey => ({
  group: groupOf(apiVersion),
  kind,
  namespace: metadata.namespace ?? "",
  name: metadata.name,
});

/** Why an object of an inventory is only named: it is a Secret, is gone, may not be read, … */
export const STUB_REASONS = [
  /** Secrets are never read for a tree. */
  "secret",
  "not-found",
  /** The cluster's credential, or the reader's own rights. */
  "forbidden",
  /** The cluster has no such kind. */
  "not-served",
  /** The cluster did not list the kind. */
  "failed",
  /** It is on another cluster. */
  "remote",
  /** The cluster has more objects than a tree holds. */
  "too-many",
] as const;
export type StubReason = (typeof STUB_REASONS)[number];

export const stubState = (reason: StubReason): NodeState =>
  reason === "not-found" ? { ...UNKNOWN_STATE, kstatus: "NotFound" } : UNKNOWN_STATE;
