import type { KubeObject } from "@flux-orchestrator/testing";

type Meta = { namespace: string; name: string; labels?: Record<string, string>; annotations?: Record<string, string> };

const SOURCE = "source.toolkit.fluxcd.io/v1";

export const gitRepository = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: SOURCE,
  kind: "GitRepository",
  metadata,
  spec: { interval: "1h", url: "https://git.example/fleet", ref: { branch: "main" }, ...spec },
});

/** Of the GitRepository `fleet` in its own namespace, unless told. */
export const kustomization = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata,
  spec: { interval: "10m", prune: true, path: "./apps", sourceRef: { kind: "GitRepository", name: "fleet" }, ...spec },
});

export const helmRepository = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: SOURCE,
  kind: "HelmRepository",
  metadata,
  spec: { interval: "1h", url: "https://charts.example", ...spec },
});

export const helmChart = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: SOURCE,
  kind: "HelmChart",
  metadata,
  spec: { interval: "1h", chart: "podinfo", sourceRef: { kind: "HelmRepository", name: "charts" }, ...spec },
});

/** Of the chart `podinfo` in the HelmRepository `charts` of its own namespace, unless told. */
export const helmRelease = (metadata: Meta, spec: object = {}): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata,
  spec: {
    interval: "10m",
    chart: { spec: { chart: "podinfo", sourceRef: { kind: "HelmRepository", name: "charts" } } },
    ...spec,
  },
});

export const alert = (metadata: Meta): KubeObject => ({
  apiVersion: "notification.toolkit.fluxcd.io/v1beta3",
  kind: "Alert",
  metadata,
  spec: { providerRef: { name: "chat" }, eventSources: [{ kind: "Kustomization", name: "*" }] },
});
