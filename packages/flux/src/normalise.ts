import { type Condition, conditionOf, conditionsOf } from "./conditions.ts";
import { type Edge, edgesOf, plainInventoryOf } from "./edges.ts";
import { fingerprintOf, normaliseMessage } from "./fingerprint.ts";
import { type InventoryEntry, inventoryHash, inventoryOf } from "./inventory.ts";
import { maskObject, maskText } from "./mask.ts";
import {
  durationSeconds,
  groupOf,
  type KubeObject,
  numberOf,
  type ObjectKey,
  type ObjectRef,
  recordOf,
  textOf,
  timeOf,
} from "./object.ts";
import { dependsOnOf, sourceRefOf } from "./references.ts";
import { attemptedRevisionOf, revisionOf } from "./revision.ts";
import { runTimesOf } from "./run-times.ts";
import { suspensionOf } from "./suspend.ts";

/** A Flux object as rows keep it. Everything in it is masked; times are ISO 8601 UTC. */
export interface NormalisedObject {
  key: ObjectKey;
  apiVersion: string;
  uid: string;
  resourceVersion: string;
  generation: number | null;
  observedGeneration: number | null;
  readyStatus: "True" | "False" | "Unknown" | null;
  reason: string | null;
  message: string;
  revision: string | null;
  attemptedRevision: string | null;
  suspended: boolean;
  suspendedBy: string | null;
  suspendReason: string | null;
  sourceRef: ObjectRef | null;
  dependsOn: ObjectRef[];
  inventoryCount: number;
  intervalSeconds: number | null;
  lastHandledReconcileAt: string | null;
  readyTransitionAt: string | null;
  lastRunAt: string | null;
  nextRunAt: string | null;
  labels: Record<string, string>;
  createdAt: string;
  deletionAt: string | null;
  /** What it refers to. */
  edges: Edge[];
  /** Hashes of the ids of the objects of other kinds that it applied. */
  plainInventory: number[];
  /** Of what is news whenever it changes. */
  fingerprint: string;
  /** Of edges and plain inventory. */
  edgesFingerprint: string;
  /** Of the conditions, messages normalised, and of the failures that a HelmRelease counts: the word depends on them too. */
  flapFingerprint: string;
  /** The masked object, JSON. */
  document: string;
  maskedCount: number;
  /** The masked object itself, for settling and views; not stored beside `document`. */
  object: KubeObject;
}

/** Masks the object, then reads the row out of it. Never throws on odd values: what cannot be read is null. */
export function normalise(object: KubeObject, options: { hmac: (value: string) => string }): NormalisedObject {
  const { object: masked, masked: maskedCount } = maskObject(object, options.hmac);
  const { metadata } = masked;
  const spec = recordOf(masked.spec);
  const status = recordOf(masked.status);
  const conditions = conditionsOf(masked);
  const ready = conditionOf(conditions, "Ready");
  const suspension = suspensionOf(masked);
  const runs = runTimesOf(masked);
  const news = {
    key: {
      group: groupOf(masked.apiVersion),
      kind: masked.kind,
      namespace: metadata.namespace ?? "",
      name: metadata.name,
    },
    apiVersion: masked.apiVersion,
    uid: metadata.uid,
    generation: numberOf(metadata.generation),
    observedGeneration: numberOf(status.observedGeneration),
    revision: revisionOf(masked),
    attemptedRevision: attemptedRevisionOf(masked),
    suspended: suspension !== null,
    suspendedBy: suspension?.by ?? null,
    suspendReason: suspension?.reason ?? null,
    sourceRef: sourceRefOf(masked),
    dependsOn: dependsOnOf(masked),
    intervalSeconds: durationSeconds(spec.interval),
    lastHandledReconcileAt: textOf(status.lastHandledReconcileAt),
    labels: textRecord(metadata.labels),
    createdAt: iso(timeOf(metadata.creationTimestamp)) ?? new Date(0).toISOString(),
    deletionAt: iso(timeOf(metadata.deletionTimestamp)),
  };
  return Object.assign(new RowParts(masked), news, {
    resourceVersion: metadata.resourceVersion,
    readyStatus: readyStatusOf(ready?.status),
    reason: textOf(ready?.reason),
    message: maskText(ready?.message ?? ""),
    readyTransitionAt: iso(timeOf(ready?.lastTransitionTime)),
    lastRunAt: iso(runs?.last ?? null),
    nextRunAt: iso(runs?.next ?? null),
    fingerprint: fingerprintOf(
      JSON.stringify([
        READING,
        news,
        masked.spec,
        metadata.annotations,
        metadata.finalizers,
        status.lastHandledForceAt,
        status.lastHandledResetAt,
        status.inventory,
      ]),
    ),
    flapFingerprint: fingerprintOf(JSON.stringify([...conditions.map(printOf), ...failuresOf(status)])),
    maskedCount,
  });
}

/** Raise it when rows or edges read more of an object than before: every object is news once, and what was missing is written. */
const READING = 2;

/** What only a written row needs, made when it is asked for: most states are heartbeats. */
class RowParts {
  #inventory: InventoryEntry[] | undefined;
  #edges: Edge[] | undefined;
  #plainInventory: number[] | undefined;
  #edgesFingerprint: string | undefined;

  constructor(readonly object: KubeObject) {}

  get #applied(): InventoryEntry[] {
    this.#inventory ??= inventoryOf(this.object);
    return this.#inventory;
  }
  get inventoryCount(): number {
    return this.#applied.length;
  }
  get edges(): Edge[] {
    this.#edges ??= edgesOf(this.object, this.#applied);
    return this.#edges;
  }
  get plainInventory(): number[] {
    this.#plainInventory ??= plainInventoryOf(this.object, this.#applied).map(inventoryHash);
    return this.#plainInventory;
  }
  get edgesFingerprint(): string {
    this.#edgesFingerprint ??= fingerprintOf(JSON.stringify([this.edges, this.plainInventory]));
    return this.#edgesFingerprint;
  }
  get document(): string {
    return JSON.stringify(this.object);
  }
}

const readyStatusOf = (status: string | undefined): NormalisedObject["readyStatus"] =>
  status === "True" || status === "False" || status === "Unknown" ? status : null;
const printOf = (condition: Condition) => [
  condition.type,
  condition.status,
  condition.reason,
  normaliseMessage(condition.message),
];
/** What a HelmRelease counts against its limits; nothing of other kinds and while there is nothing to count. */
const failuresOf = ({ installFailures, upgradeFailures, failures }: Record<string, unknown>) => {
  const counted = [installFailures, upgradeFailures, (numberOf(failures) ?? 0) > 0].map((count) => count || 0);
  return counted.some((count) => count !== 0) ? [counted] : [];
};
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const textRecord = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(recordOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
