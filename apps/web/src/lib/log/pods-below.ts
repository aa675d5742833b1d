import type { ResourceRef } from "@flux-orchestrator/contract";
import { HEALTHS } from "@flux-orchestrator/flux";
import { trpc } from "../trpc.ts";
import type { LogSource } from "./log-line.ts";

/** Pods whose containers are asked for. */
const PODS_MAX = 40;

export interface PodBelow {
  namespace: string;
  name: string;
  /** As the tree has it: its phase, `CrashLoopBackOff`, … */
  status: string;
  containers: { name: string; isInit: boolean }[];
}
export interface PodsBelow {
  pods: PodBelow[];
  /** Pods past the most that are looked at. */
  leftOut: number;
  /** Namespaces whose pods could not be listed; "" for all. */
  unread: string[];
  isRemote: boolean;
}

/** The pods of everything that a Flux object applied, the worst first. A pod that went meanwhile is left out. */
export async function readPodsBelow(ref: ResourceRef, signal: AbortSignal): Promise<PodsBelow> {
  const tree = await trpc.tree.object.query(ref, { signal });
  const nodes = tree.nodes
    .filter(({ kind, group, stub }) => kind === "Pod" && group === "" && stub === null)
    .sort((one, other) => HEALTHS.indexOf(other.health) - HEALTHS.indexOf(one.health));
  const pods = await Promise.all(
    nodes.slice(0, PODS_MAX).map(async ({ namespace, name, status }): Promise<PodBelow[]> => {
      const containers = await containersOf({ cluster: ref.cluster, namespace, name }, signal);
      return containers.length === 0 ? [] : [{ namespace, name, status, containers }];
    }),
  );
  return {
    pods: pods.flat(),
    leftOut: Math.max(0, nodes.length - PODS_MAX),
    unread: tree.unread.filter(({ kind }) => kind === "Pod").map(({ namespace }) => namespace ?? ""),
    isRemote: tree.nodes.some(({ stub }) => stub === "remote"),
  };
}

async function containersOf(pod: { cluster: string; namespace: string; name: string }, signal: AbortSignal) {
  try {
    const containers = await trpc.workload.containers.query(pod, { signal });
    return containers.map(({ name, role }) => ({ name, isInit: role === "init" }));
  } catch (error) {
    signal.throwIfAborted();
    if ((error as { data?: { code?: unknown } }).data?.code === "OBJECT_NOT_FOUND") return [];
    throw error;
  }
}

export const podKey = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

/** Whose logs are meant. Without a container: all but those that only begin a pod. */
export const chosenSources = (
  pods: readonly PodBelow[],
  { pod, container }: { pod: string | null; container: string | null },
): LogSource[] =>
  pods
    .filter((one) => pod === null || podKey(one) === pod)
    .flatMap(({ namespace, name, containers }) =>
      containers
        .filter((one) => (container === null ? !one.isInit : one.name === container))
        .map((one) => ({ namespace, pod: name, container: one.name })),
    );
