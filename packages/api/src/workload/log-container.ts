import { DomainError, type PodRef } from "@flux-orchestrator/contract";
import { type KubeObject, listOf, recordOf, textOf } from "@flux-orchestrator/flux";
import { KubeError } from "@flux-orchestrator/k8s";
import type { OperationContext } from "../context.ts";
import { type NamedObject, readObject } from "./object-ref.ts";
import { containersOf, namedPod } from "./pod.ts";

const DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

/** A container whose log can be asked for. */
export interface LogSource {
  named: NamedObject;
  pod: KubeObject;
  container: string;
}

/**
 * Finds whose log is meant: the container that is named, or the one that the pod says is its main one, or its first.
 * @throws DomainError OBJECT_NOT_FOUND, also for a container that the pod does not have
 */
export async function logSource(
  ctx: OperationContext,
  { container, ...ref }: PodRef & { container?: string | undefined },
): Promise<LogSource> {
  const named = await namedPod(ctx, ref);
  const pod = await readObject(named);
  const names = containersOf(pod).map(({ name }) => name);
  const main = textOf(recordOf(pod.metadata.annotations)[DEFAULT_CONTAINER]);
  const wanted = container ?? (main !== null && names.includes(main) ? main : names[0]);
  if (wanted === undefined || !names.includes(wanted))
    throw new DomainError(
      "OBJECT_NOT_FOUND",
      `The pod ${ref.namespace}/${ref.name} has no container ${wanted ?? ""}.`,
      {
        hint: `It has ${names.join(", ")}.`,
      },
    );
  return { named, pod, container: wanted };
}

/** What a node answers for a container that has no log (yet), said in words; any other failure as it is. */
export function logFailure(error: unknown, { pod, container }: Omit<LogSource, "named">, previous: boolean): unknown {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return new KubeError("CLUSTER_TIMEOUT", "The cluster did not send the log in time.", { cause: error });
  if (!(error instanceof KubeError) || error.code !== "CLUSTER_REJECTED") return error;
  if (previous)
    return new DomainError("OBJECT_NOT_FOUND", `The container ${container} has not run before: it never restarted.`);
  const reason = waitingReason(pod, container);
  return new DomainError("OBJECT_NOT_FOUND", `The container ${container} has no log yet${reason}.`, {
    hint: "Wait until it has started; its pod's status and events say why it has not.",
  });
}

function waitingReason(pod: KubeObject, container: string): string {
  const status = recordOf(pod.status);
  const all = ["containerStatuses", "initContainerStatuses"].flatMap((field) => listOf(status[field]).map(recordOf));
  const waiting = recordOf(recordOf(all.find(({ name }) => name === container)?.["state"])["waiting"]);
  const reason = textOf(waiting["reason"]);
  return reason !== null && /^[A-Za-z]{1,60}$/.test(reason) ? `: ${reason}` : "";
}
