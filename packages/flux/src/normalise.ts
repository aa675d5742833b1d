import { type Condition, conditionOf, conditionsOf } from "./conditions.ts";
import { fingerprintOf, normaliseMessage } from "./fingerprint.ts";
import { inventoryOf } from "./inventory.ts";
import { fluxKind } from "./kinds.ts";
import { maskObject, maskText } from "./mask.ts";
import {
  durationSeconds,
  groupOf,
  type KubeObject,
  listOf,
  numberOf,
  type ObjectKey,
  type ObjectRef,
  recordOf,
  textOf,
  timeOf,
} from "./object.ts";
import { attemptedRevisionOf, revisionOf } from "./revision.ts";
import { runTimesOf } from "./run-times.ts";
import { isSuspended, suspensionOf } from "./suspend.ts";

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
  /** Of what is news whenever it changes. */
  fingerprint: string;
  /** Of the conditions, messages normalised. */
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
  const inventory = inventoryOf(masked);
  const labels = textRecord(metadata.labels);
  const intervalSeconds = durationSeconds(spec.interval);
  const runs = runTimesOf(masked);
  const row = {
    key: {
      group: groupOf(masked.apiVersion),
      kind: masked.kind,
      namespace: metadata.namespace ?? "",
      name: metadata.name,
    },
    apiVersion: masked.apiVersion,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: numberOf(metadata.generation),
    observedGeneration: numberOf(status.observedGeneration),
    readyStatus: readyStatusOf(ready?.status),
    reason: textOf(ready?.reason),
    message: maskText(ready?.message ?? ""),
    revision: revisionOf(masked),
    attemptedRevision: attemptedRevisionOf(masked),
    suspended: isSuspended(masked),
    suspendedBy: suspension?.by ?? null,
    suspendReason: suspension?.reason ?? null,
    sourceRef: sourceRefOf(masked),
    dependsOn: dependsOnOf(masked),
    inventoryCount: inventory.length,
    intervalSeconds,
    lastHandledReconcileAt: textOf(status.lastHandledReconcileAt),
    readyTransitionAt: iso(timeOf(ready?.lastTransitionTime)),
    lastRunAt: iso(runs?.last ?? null),
    nextRunAt: iso(runs?.next ?? null),
    labels,
    createdAt: iso(timeOf(metadata.creationTimestamp)) ?? new Date(0).toISOString(),
    deletionAt: iso(timeOf(metadata.deletionTimestamp)),
  };
  const {
    resourceVersion: _version,
    reason: _reason,
    message: _message,
    readyStatus: _status,
    readyTransitionAt: _at,
    lastRunAt: _run,
    nextRunAt: _next,
    ...news
  } = row;
  return {
    ...row,
    fingerprint: fingerprintOf(
      JSON.stringify([
        news,
        masked.spec,
        metadata.annotations,
        metadata.finalizers,
        status.lastHandledForceAt,
        status.lastHandledResetAt,
        inventory.map((entry) => [entry.namespace, entry.name, entry.group, entry.kind]),
      ]),
    ),
    flapFingerprint: fingerprintOf(JSON.stringify(conditions.map(printOf))),
    document: JSON.stringify(masked),
    maskedCount,
    object: masked,
  };
}

const readyStatusOf = (status: string | undefined): NormalisedObject["readyStatus"] =>
  status === "True" || status === "False" || status === "Unknown" ? status : null;
const printOf = (condition: Condition) => [
  condition.type,
  condition.status,
  condition.reason,
  normaliseMessage(condition.message),
];
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const textRecord = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(recordOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

/** What the object takes its content from. */
export function sourceRefOf(object: KubeObject): ObjectRef | null {
  const spec = recordOf(object.spec);
  const own = object.metadata.namespace ?? "";
  const read = (value: unknown, fallbackKind?: string): ObjectRef | null => {
    const ref = recordOf(value);
    const kind = textOf(ref.kind) ?? fallbackKind;
    const name = textOf(ref.name);
    return kind === undefined || name === null ? null : { kind, namespace: textOf(ref.namespace) ?? own, name };
  };
  if (object.kind === "ImagePolicy") return read(spec.imageRepositoryRef, "ImageRepository");
  if (object.kind === "Alert") return read(spec.providerRef, "Provider");
  if (object.kind === "HelmRelease")
    return read(spec.chartRef) ?? read(recordOf(recordOf(recordOf(spec.chart).spec)).sourceRef);
  return read(spec.sourceRef);
}

/** The objects that must be Ready before this one runs. Same kind, unless a ResourceSet names another. */
export function dependsOnOf(object: KubeObject): ObjectRef[] {
  return listOf(recordOf(object.spec).dependsOn)
    .map(recordOf)
    .flatMap((ref) => {
      const name = textOf(ref.name);
      return name === null
        ? []
        : [
            {
              kind: textOf(ref.kind) ?? object.kind,
              namespace: textOf(ref.namespace) ?? object.metadata.namespace ?? "",
              name,
            },
          ];
    })
    .filter((ref) => fluxKind(ref.kind) !== undefined || object.kind === "ResourceSet");
}
