import { conditionOf, conditionsOf } from "./conditions.ts";
import { FLUX_KINDS } from "./kinds.ts";
import { isRecord, type KubeObject, listOf, numberOf, recordOf, textOf } from "./object.ts";

/** `scaled-down`: off on purpose, no replica is wanted. */
export const CONTROLLER_STATES = ["available", "unavailable", "scaled-down"] as const;
export type ControllerState = (typeof CONTROLLER_STATES)[number];

/** A Flux controller of a cluster, as its Deployment says. */
export interface FluxController {
  /** The Deployment's. */
  namespace: string;
  name: string;
  /** Which controller it runs, as `kustomize-controller`: shards of one have other names. */
  controller: string;
  /** Tag of its image, as `v1.9.4`; null for one that is named by digest alone. */
  version: string | null;
  /** Replicas. */
  desired: number;
  available: number;
  state: ControllerState;
  /** Since when, ISO 8601; null where the Deployment does not say. */
  since: string | null;
  /** Objects it looks at, by `--watch-label-selector`; null: all. */
  selector: string | null;
  /** The one namespace it looks at (`--watch-all-namespaces=false`); null: all. */
  onlyNamespace: string | null;
}

/** How the Deployments of Flux's controllers are found; the operator's own has no `part-of`. */
export const CONTROLLER_SELECTOR = "app.kubernetes.io/part-of=flux";
export const OPERATOR_SELECTOR = "app.kubernetes.io/name=flux-operator";

const CONTROLLERS = new Set(FLUX_KINDS.map(({ controller }) => controller));

/** Reads a Deployment; null when it runs none of the controllers that reconcile the kinds we know. */
export function controllerOf(deployment: KubeObject): FluxController | null {
  const spec = recordOf(deployment.spec);
  const containers = listOf(recordOf(recordOf(spec.template).spec).containers).filter(isRecord);
  const component = textOf(recordOf(deployment.metadata.labels)["app.kubernetes.io/component"]);
  for (const container of containers) {
    const image = imageOf(textOf(container.image) ?? "");
    // A mirror may call the image otherwise; Flux's own manifests name the component too.
    const controller = [image.name, component].find((name) => name !== null && CONTROLLERS.has(name));
    if (controller == null) continue;
    const namespace = deployment.metadata.namespace ?? "";
    const flag = flagsOf(container.args);
    return {
      namespace,
      name: deployment.metadata.name,
      controller,
      version: image.tag,
      ...availabilityOf(deployment),
      selector: flag("watch-label-selector") || null,
      onlyNamespace: flag("watch-all-namespaces") === "false" ? namespace : null,
    };
  }
  return null;
}

/**
 * A Deployment of no replicas is Available, and one that was just scaled up still is: the numbers are believed first.
 * One that never was reported on has no available replica.
 */
function availabilityOf(deployment: KubeObject): Pick<FluxController, "desired" | "available" | "state" | "since"> {
  const desired = numberOf(recordOf(deployment.spec).replicas) ?? 1;
  const available = numberOf(recordOf(deployment.status).availableReplicas) ?? 0;
  const condition = conditionOf(conditionsOf(deployment), "Available");
  const isAvailable = available > 0 && condition?.status !== "False";
  const state = desired === 0 ? "scaled-down" : isAvailable ? "available" : "unavailable";
  const agrees = state !== "scaled-down" && condition?.status === (isAvailable ? "True" : "False");
  return { desired, available, state, since: agrees ? condition.lastTransitionTime : null };
}

/** `registry:5000/fluxcd/kustomize-controller:v1.9.4@sha256:…` → its last name and its tag. */
function imageOf(image: string): { name: string | null; tag: string | null } {
  const [, name = null, tag = null] = /(?:^|\/)([^/:@]+)(?::([\w.-]{1,128}))?(?:@[\w:.+-]+)?$/.exec(image) ?? [];
  return { name, tag };
}

/** The value of a flag given as `--flag=value` or as `--flag value`; the last one counts. */
function flagsOf(args: unknown): (flag: string) => string | null {
  const list = listOf(args).map(String);
  return (flag) => {
    let value: string | null = null;
    for (const [at, arg] of list.entries()) {
      if (arg === `--${flag}`) value = list[at + 1] ?? null;
      else if (arg.startsWith(`--${flag}=`)) value = arg.slice(flag.length + 3);
    }
    return value;
  };
}
