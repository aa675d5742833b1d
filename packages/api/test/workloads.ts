import type { KubeObject } from "@flux-orchestrator/testing";

type Meta = { namespace: string; name: string; labels?: Record<string, string> };

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "registry.example/web:1" }] },
};
const APPS = "apps/v1";
const selector = { matchLabels: { app: "web" } };

export const deployment = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: APPS,
  kind: "Deployment",
  metadata,
  spec: { replicas: 2, selector, template, ...spec },
});

export const statefulSet = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: APPS,
  kind: "StatefulSet",
  metadata,
  spec: { replicas: 2, serviceName: "web", selector, template, ...spec },
});

export const daemonSet = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: APPS,
  kind: "DaemonSet",
  metadata,
  spec: { selector, template, ...spec },
});

export const configMap = (metadata: Meta): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  data: { mode: "plain" },
});

/** Of a workload of the same name. */
export const autoscaler = (metadata: Meta, kind = "Deployment"): KubeObject => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata,
  spec: { scaleTargetRef: { apiVersion: APPS, kind, name: metadata.name }, minReplicas: 1, maxReplicas: 5 },
});

/** Without a controller manager nobody else makes it, and no pod can be without. */
export const serviceAccount = (namespace: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { namespace, name: "default" },
});

export const pod = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...metadata, labels: { app: "web", ...metadata.labels } },
  spec: { ...template.spec, ...spec },
});
