import {
  type FluxEvent,
  fluxKind,
  isRecord,
  type KubeObject,
  listOf,
  secretsOf,
  timeOf,
} from "@flux-orchestrator/flux";
import { FluxClient, KubeError, type KubeErrorCode, type ServedKind, type Transport } from "@flux-orchestrator/k8s";

/** Answers that come again: the object is not to be had. Anything else is a cluster that does not answer now. */
const NOT_TO_BE_HAD: ReadonlySet<KubeErrorCode> = new Set([
  "OBJECT_NOT_FOUND",
  "CLUSTER_FORBIDDEN",
  "CLUSTER_REJECTED",
  "CLUSTER_ERROR",
]);
const NONE: ReadonlySet<string> = new Set();

/**
 * What the message of an event may not quote: the secret values of the object it is about, read from the cluster, because
 * they are stored nowhere. Null when that cannot be known: the object is gone, is another one of the same name, may not be
 * read, or its spec was written after the event.
 *
 * What is Normal tells what was done, by names and durations, and is believed to quote nothing.
 *
 * @throws KubeError when the cluster does not answer
 */
export async function knownSecrets(
  event: FluxEvent,
  { transport, served, signal }: { transport: Transport; served: readonly ServedKind[]; signal: AbortSignal },
): Promise<ReadonlySet<string> | null> {
  if (!mayQuote(event)) return NONE;
  const { group, kind, namespace, name, uid } = event.object;
  const as = served.find((one) => one.kind === kind && one.group === group);
  if (as === undefined) return null;
  try {
    const object = await new FluxClient(transport).get(as, { namespace, name }, signal);
    if (uid !== "" && object.metadata.uid !== uid) return null;
    return specWrittenAt(object) > event.lastAt ? null : secretsOf(object);
  } catch (error) {
    if (error instanceof KubeError && NOT_TO_BE_HAD.has(error.code)) return null;
    throw error;
  }
}

/** Whether an event may quote its object. */
export const mayQuote = ({ type, object }: FluxEvent): boolean =>
  type === "Warning" && fluxKind(object.kind)?.group === object.group;

/** When somebody last wrote a part of the spec, in milliseconds since the epoch; 0 where the API server does not say. */
function specWrittenAt(object: KubeObject): number {
  const times = listOf(object.metadata.managedFields).map((entry) =>
    isRecord(entry) && isRecord(entry["fieldsV1"]) && Object.hasOwn(entry["fieldsV1"], "f:spec")
      ? timeOf(entry["time"])
      : null,
  );
  return Math.max(0, ...times.map((time) => time ?? 0));
}
