import { resourceOfKind } from "../server/served-resources.ts";
import type { Json } from "./json.ts";
import { mark, rawMark } from "./template.ts";
import { WrittenDesign } from "./written-design.ts";

export const FLUX_VERSION = "v2.9.5";
const OPERATOR_VERSION = "v0.58.0";
const OPERATOR = "flux-operator";
export const SOURCE_WATCHER = "source-watcher";
/** The controllers of Flux and its operator, each a Deployment in flux-system. */
export const CONTROLLERS = [
  "source-controller",
  "kustomize-controller",
  "helm-controller",
  "notification-controller",
  "image-reflector-controller",
  "image-automation-controller",
  SOURCE_WATCHER,
  OPERATOR,
] as const;

/** Deployment of a controller; it is Ready or Failed: available or not. */
export const controllerDeployment = (name: string): WrittenDesign =>
  new WrittenDesign(resourceOfKind("Deployment"), { Ready: deployment(name, true), Failed: deployment(name, false) });

/** The operator is installed by its own chart and is no part of Flux. */
const labelsOf = (app: string) =>
  app === OPERATOR
    ? {
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": app,
        "app.kubernetes.io/version": OPERATOR_VERSION,
      }
    : {
        app,
        "app.kubernetes.io/component": app,
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": FLUX_VERSION,
      };
const containerOf = (name: string) => ({
  name: "manager",
  image:
    name === OPERATOR ? `ghcr.io/controlplaneio-fluxcd/${name}:${OPERATOR_VERSION}` : `ghcr.io/fluxcd/${name}:v1.9.5`,
});

function deployment(name: string, available: boolean): Json {
  const condition = (type: string, holds: boolean, reason: string, message: string) => ({
    ...{ type, status: holds ? "True" : "False", reason, message },
    ...{ lastTransitionTime: mark("at"), lastUpdateTime: mark("at") },
  });
  const replicas = available ? { readyReplicas: 1, availableReplicas: 1 } : { unavailableReplicas: 1 };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: "flux-system",
      labels: { ...labelsOf(name), "control-plane": "controller" },
      annotations: {},
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [containerOf(name)] } },
    },
    status: {
      ...{ observedGeneration: rawMark("generation"), replicas: 1, updatedReplicas: 1, ...replicas },
      conditions: [
        available
          ? condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
          : condition(
              "Available",
              false,
              "MinimumReplicasUnavailable",
              "Deployment does not have minimum availability.",
            ),
        condition(
          "Progressing",
          true,
          "NewReplicaSetAvailable",
          `ReplicaSet "${name}-5d8f7c9b6" has successfully progressed.`,
        ),
      ],
    },
  };
}

/** The pod of a controller; its log can be read. */
export const controllerPod = (name: string): WrittenDesign =>
  new WrittenDesign(resourceOfKind("Pod"), {
    Ready: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `${name}-5d8f7c9b6-x2v7k`, namespace: "flux-system", labels: labelsOf(name), annotations: {} },
      spec: { containers: [containerOf(name)], nodeName: "node-1" },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: mark("at") }],
        containerStatuses: [
          { ...containerOf(name), ready: true, restartCount: 0, state: { running: { startedAt: mark("created") } } },
        ],
      },
    },
  });

export const namespaceDesign = (name: string): WrittenDesign =>
  new WrittenDesign(resourceOfKind("Namespace"), {
    Ready: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        labels: {
          "kubernetes.io/metadata.name": name,
          ...(name === "flux-system" ? { "app.kubernetes.io/version": FLUX_VERSION } : {}),
        },
      },
      status: { phase: "Active" },
    },
  });
