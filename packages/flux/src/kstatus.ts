import { conditionOf, conditionsOf } from "./conditions.ts";
import { groupOf, type KubeObject, listOf, numberOf, recordOf, textOf, timeOf } from "./object.ts";

/** What kstatus calls the state of any object of Kubernetes. */
export const KSTATUSES = ["Current", "InProgress", "Failed", "Terminating", "NotFound", "Unknown"] as const;
export type Kstatus = (typeof KSTATUSES)[number];
/** The word, and what it rests on; empty where the word says it all. */
export interface KstatusVerdict {
  kstatus: Kstatus;
  message: string;
}

/** How long a Pod may look for a node before it counts as one that finds none. */
const SCHEDULE_MS = 15_000;

/**
 * The state of an object by the rules that Flux's controllers wait by: what is common to all objects first, then what its
 * kind says, then its Ready condition. Never throws; what cannot be read does not count.
 * @see https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus
 */
export function kstatusOf(object: KubeObject, nowMs: number): KstatusVerdict {
  return commonVerdict(object) ?? kindVerdict(object, nowMs) ?? readyVerdict(object) ?? CURRENT;
}

const verdict =
  (kstatus: Kstatus) =>
  (message: string): KstatusVerdict => ({ kstatus, message });
const current = verdict("Current");
const inProgress = verdict("InProgress");
const failed = verdict("Failed");
const CURRENT = current("");

/** An object whose controller speaks kstatus needs no rules of its kind. */
function commonVerdict(object: KubeObject): KstatusVerdict | null {
  if (textOf(object.metadata.deletionTimestamp) !== null) return verdict("Terminating")("is being deleted");
  const generation = numberOf(object.metadata.generation);
  const observed = numberOf(recordOf(object.status).observedGeneration);
  if (generation !== null && observed !== null && generation !== observed)
    return inProgress(`generation ${generation} is not observed yet`);
  // In the order in which they stand: whichever is True first.
  for (const { type, status, message } of conditionsOf(object)) {
    if (status !== "True") continue;
    if (type === "Reconciling") return inProgress(message);
    if (type === "Stalled") return failed(message);
  }
  return null;
}

function readyVerdict(object: KubeObject): KstatusVerdict | null {
  const ready = conditionOf(conditionsOf(object), "Ready");
  if (ready === undefined) return null;
  return ready.status === "True" ? CURRENT : inProgress(ready.message);
}

function kindVerdict(object: KubeObject, nowMs: number): KstatusVerdict | null {
  switch (`${groupOf(object.apiVersion)}/${object.kind}`) {
    case "apps/Deployment":
    case "extensions/Deployment":
      return deployment(object);
    case "apps/ReplicaSet":
    case "extensions/ReplicaSet":
      return replicaSet(object);
    case "apps/StatefulSet":
      return statefulSet(object);
    case "apps/DaemonSet":
    case "extensions/DaemonSet":
      return daemonSet(object);
    case "/Pod":
      return pod(object, nowMs);
    case "batch/Job":
      return job(object);
    case "/PersistentVolumeClaim":
      return claim(object);
    case "/Service":
      return service(object);
    case "apiextensions.k8s.io/CustomResourceDefinition":
      return definition(object);
    case "/ConfigMap":
    case "/Secret":
    case "batch/CronJob":
    case "policy/PodDisruptionBudget":
      return CURRENT;
    default:
      return null;
  }
}

/** A count out of spec or status; what is absent counts as Kubernetes has it. */
const count = (of: unknown, field: string, absent = 0): number => numberOf(recordOf(of)[field]) ?? absent;
/** In progress while a count has not reached what is wanted of it. */
const short = (word: string, has: number, wants: number): KstatusVerdict | null =>
  has < wants ? inProgress(`${word}: ${has}/${wants}`) : null;
const surplus = (has: number, wants: number): KstatusVerdict | null =>
  has > wants ? inProgress(`pending termination: ${has - wants}`) : null;

function deployment(object: KubeObject): KstatusVerdict {
  const { spec, status } = object;
  const conditions = conditionsOf(object);
  const progressing = conditionOf(conditions, "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") return failed("progress deadline exceeded");
  const wanted = count(spec, "replicas", 1);
  const updated = count(status, "updatedReplicas");
  // Without a deadline the controller never says that it progresses.
  const noDeadline = count(spec, "progressDeadlineSeconds", NO_DEADLINE) === NO_DEADLINE;
  const rolledOut = noDeadline || (progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable");
  return (
    short("replicas", count(status, "replicas"), wanted) ??
    short("updated", updated, wanted) ??
    surplus(count(status, "replicas"), wanted) ??
    short("available", count(status, "availableReplicas"), updated) ??
    short("ready", count(status, "readyReplicas"), wanted) ??
    (rolledOut ? null : inProgress("its new ReplicaSet is not available")) ??
    (conditionOf(conditions, "Available")?.status === "True" ? CURRENT : inProgress("not available"))
  );
}
/** The largest 32-bit integer: how a Deployment says that it has none. */
const NO_DEADLINE = 2 ** 31 - 1;

function replicaSet(object: KubeObject): KstatusVerdict {
  const { spec, status } = object;
  const failure = conditionOf(conditionsOf(object), "ReplicaFailure");
  if (failure?.status === "True") return inProgress(failure.message || "its Pods cannot be made");
  const wanted = count(spec, "replicas", 1);
  return (
    short("labelled", count(status, "fullyLabeledReplicas"), wanted) ??
    short("available", count(status, "availableReplicas"), wanted) ??
    short("ready", count(status, "readyReplicas"), wanted) ??
    surplus(count(status, "replicas"), wanted) ??
    CURRENT
  );
}

function statefulSet({ spec, status }: KubeObject): KstatusVerdict {
  const strategy = recordOf(recordOf(spec).updateStrategy);
  if (strategy.type === "OnDelete") return CURRENT;
  const wanted = count(spec, "replicas", 1);
  const has = count(status, "replicas");
  const replicas =
    short("replicas", has, wanted) ?? short("ready", count(status, "readyReplicas"), wanted) ?? surplus(has, wanted);
  if (replicas !== null) return replicas;
  const partition = numberOf(recordOf(strategy.rollingUpdate).partition);
  if (partition !== null) return short("updated", count(status, "updatedReplicas"), wanted - partition) ?? CURRENT;
  const { currentRevision, updateRevision } = recordOf(status);
  return (
    short("current", count(status, "currentReplicas"), wanted) ??
    (currentRevision === updateRevision ? CURRENT : inProgress("its revision is being rolled out"))
  );
}

function daemonSet({ metadata, status }: KubeObject): KstatusVerdict {
  const { observedGeneration, desiredNumberScheduled } = recordOf(status);
  const wanted = numberOf(desiredNumberScheduled);
  if (numberOf(metadata.generation) === null || numberOf(observedGeneration) === null || wanted === null)
    return inProgress("not observed yet");
  return (
    short("current", count(status, "currentNumberScheduled"), wanted) ??
    short("updated", count(status, "updatedNumberScheduled"), wanted) ??
    short("available", count(status, "numberAvailable"), wanted) ??
    short("ready", count(status, "numberReady"), wanted) ??
    CURRENT
  );
}

function pod(object: KubeObject, nowMs: number): KstatusVerdict {
  const conditions = conditionsOf(object);
  switch (textOf(recordOf(object.status).phase)) {
    case "Succeeded":
      return current("has completed");
    case "Failed":
      return current("has completed, but not successfully");
    case "Running": {
      if (conditionOf(conditions, "Ready")?.status === "True") return CURRENT;
      const looping = crashLooping(object.status);
      return looping.length > 0 ? failed(`crash looping: ${looping.join(", ")}`) : inProgress("runs, but is not ready");
    }
    case "Pending": {
      const scheduled = conditionOf(conditions, "PodScheduled");
      if (scheduled?.status !== "False" || scheduled.reason !== "Unschedulable") return inProgress("pending");
      const created = timeOf(object.metadata.creationTimestamp) ?? nowMs;
      return nowMs - created < SCHEDULE_MS ? inProgress("not scheduled yet") : failed("finds no node");
    }
    case null:
      return inProgress("not observed yet");
    default:
      return verdict("Unknown")("in a phase that is not known");
  }
}

/** Names of the containers that the kubelet gave up restarting at once. */
const crashLooping = (status: unknown): string[] =>
  listOf(recordOf(status).containerStatuses)
    .map(recordOf)
    .filter(({ state }) => recordOf(recordOf(state).waiting).reason === "CrashLoopBackOff")
    .flatMap(({ name }) => textOf(name) ?? []);

function job(object: KubeObject): KstatusVerdict {
  const { status } = object;
  for (const { type, status: is, message } of conditionsOf(object)) {
    if (is !== "True") continue;
    if (type === "Complete") return current("completed");
    if (type === "Failed") return failed(message || "failed");
    if (type === "Suspended") return current("is suspended");
  }
  return textOf(recordOf(status).startTime) === null ? inProgress("not started yet") : current("runs");
}

function claim({ status }: KubeObject): KstatusVerdict {
  const phase = textOf(recordOf(status).phase);
  return phase === "Bound" ? CURRENT : inProgress("not bound yet");
}

function service({ spec }: KubeObject): KstatusVerdict {
  const { type, clusterIP } = recordOf(spec);
  return type === "LoadBalancer" && textOf(clusterIP) === null ? inProgress("has no cluster IP yet") : CURRENT;
}

function definition(object: KubeObject): KstatusVerdict {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === "NamesAccepted" && status === "False") return failed(message);
    if (type !== "Established") continue;
    if (status === "True") return CURRENT;
    if (status === "False" && reason !== "Installing") return failed(message);
  }
  return inProgress("is being installed");
}
