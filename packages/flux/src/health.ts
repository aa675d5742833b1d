import { conditionOf, conditionsOf } from "./conditions.ts";
import { isFluxKind } from "./kinds.ts";
import { type Kstatus, kstatusOf } from "./kstatus.ts";
import { groupOf, type KubeObject, listOf, numberOf, recordOf, textOf } from "./object.ts";

/** How an object of any kind is, in REST v1's words; the worst last. */
export const HEALTHS = ["Healthy", "Unknown", "Progressing", "Degraded"] as const;
export type Health = (typeof HEALTHS)[number];

/** What a tree says of an object. */
export interface NodeState {
  /** In words of its kind: a Pod's phase, `Ready`, `Completed`, a Flux object's raw Ready condition. */
  status: string;
  health: Health;
  kstatus: Kstatus;
  /** What the state rests on; empty where there is nothing to explain. */
  message: string;
}

/** Of an object that is not there to be read. */
export const UNKNOWN_STATE: NodeState = { status: "Unknown", health: "Unknown", kstatus: "Unknown", message: "" };

/**
 * The state of any object, Flux's or not. `status` is REST v1's word for its kind; `health` is the worse of that word's and
 * kstatus' verdict, so that all replicas being ready does not hide a rollout that failed, nor a phase a Pod that crashes.
 */
export function nodeStateOf(object: KubeObject, nowMs: number): NodeState {
  const verdict = kstatusOf(object, nowMs);
  const byKstatus = HEALTH_OF[verdict.kstatus];
  const { status, health } = wordOf(object) ?? told(verdict.kstatus, byKstatus);
  // What is True of a Flux object stays true while its controller is at work again.
  return { status, health: isFlux(object) ? health : worse(health, byKstatus), ...verdict };
}

const isFlux = ({ apiVersion, kind }: KubeObject): boolean => isFluxKind({ group: groupOf(apiVersion), kind });

const HEALTH_OF: Record<Kstatus, Health> = {
  Current: "Healthy",
  InProgress: "Progressing",
  Failed: "Degraded",
  Terminating: "Progressing",
  NotFound: "Unknown",
  Unknown: "Unknown",
};
const worse = (one: Health, other: Health): Health => (HEALTHS.indexOf(one) > HEALTHS.indexOf(other) ? one : other);

type Told = Pick<NodeState, "status" | "health">;
const told = (status: string, health: Health): Told => ({ status, health });

/** REST v1's words for the kinds it has some for; null for the others. */
function wordOf(object: KubeObject): Told | null {
  const { spec, status } = object;
  switch (`${groupOf(object.apiVersion)}/${object.kind}`) {
    case "apps/Deployment":
    case "apps/StatefulSet":
      return replicas(numberOf(recordOf(spec).replicas) ?? 1, numberOf(recordOf(status).readyReplicas) ?? 0);
    case "apps/DaemonSet":
      return replicas(
        numberOf(recordOf(status).desiredNumberScheduled) ?? 0,
        numberOf(recordOf(status).numberReady) ?? 0,
      );
    case "/Pod":
      return pod(textOf(recordOf(status).phase) ?? "Unknown");
    case "/Service":
      return service(textOf(recordOf(spec).type) ?? "ClusterIP", hasAddress(status));
    case "networking.k8s.io/Ingress":
      return hasAddress(status) ? told("Ready", "Healthy") : told("Pending", "Progressing");
    case "batch/Job":
      return job(object);
    case "/ConfigMap":
    case "/Secret":
      return told("Available", "Healthy");
    case "/Namespace":
    case "/PersistentVolumeClaim":
      return phase(textOf(recordOf(status).phase));
    case "apps/ReplicaSet":
    case "batch/CronJob":
      return byReadyCondition(object) ?? NOT_TOLD;
    default:
      return byReadyCondition(object) ?? (isFlux(object) ? NOT_TOLD : null);
  }
}

/** None is what is wanted of one that is scaled to zero. */
function replicas(wanted: number, ready: number): Told {
  if (ready >= wanted) return told("Ready", "Healthy");
  return ready > 0 ? told("Progressing", "Progressing") : told("Not Ready", "Degraded");
}

const POD_HEALTH: Record<string, Health> = {
  Running: "Healthy",
  Succeeded: "Healthy",
  Pending: "Progressing",
  Failed: "Degraded",
};
const pod = (is: string): Told => told(is, POD_HEALTH[is] ?? "Degraded");

function service(type: string, addressed: boolean): Told {
  if (type !== "LoadBalancer") return told(`Type: ${type}`, "Healthy");
  return addressed ? told("LoadBalancer Ready", "Healthy") : told("LoadBalancer Pending", "Progressing");
}
const hasAddress = (status: unknown): boolean => listOf(recordOf(recordOf(status).loadBalancer).ingress).length > 0;

/** A Job that succeeded after failures has succeeded; one that fails may yet try again. */
function job({ status }: KubeObject): Told {
  const { succeeded, failed } = recordOf(status);
  if ((numberOf(succeeded) ?? 0) > 0) return told("Completed", "Healthy");
  return (numberOf(failed) ?? 0) > 0 ? told("Failed", "Degraded") : told("Running", "Progressing");
}

const GOOD_PHASES = new Set(["Active", "Bound"]);
const WAITING_PHASES = new Set(["Pending", "Terminating"]);
function phase(is: string | null): Told {
  if (is === null) return told("Unknown", "Unknown");
  return told(is, GOOD_PHASES.has(is) ? "Healthy" : WAITING_PHASES.has(is) ? "Progressing" : "Degraded");
}

function byReadyCondition(object: KubeObject): Told | null {
  const ready = conditionOf(conditionsOf(object), "Ready")?.status;
  return ready === undefined ? null : told(ready, ready === "True" ? "Healthy" : "Degraded");
}
const NOT_TOLD = told("Unknown", "Unknown");
