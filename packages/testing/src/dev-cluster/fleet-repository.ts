import type { KubeObject } from "../kubernetes/kube-request.ts";

const FLUX = "flux-system";
const REPOSITORY = { kind: "GitRepository", name: "fleet" };

/** What the git repository `fleet` holds: workloads, and the Flux objects that apply them. File name → text. */
export function fleetRepository({ helmUrl }: { helmUrl: string }): Record<string, string> {
  const infrastructure = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "cluster-settings", namespace: "apps" },
      data: { region: "loopback", tier: "development" },
    },
  ];
  const flux = [
    kustomization("infrastructure", {}),
    kustomization("apps", { dependsOn: [{ name: "infrastructure" }], wait: true, timeout: "1m" }),
    // Both are wrong on purpose: somebody looking for the first time sees what a failure and its victim look like.
    kustomization("reports", {}),
    kustomization("report-mailer", { dependsOn: [{ name: "reports" }], path: "./apps" }),
    helmRepository(helmUrl),
    helmRelease(),
  ];
  return {
    "README.md": "The repository of a development cluster. Commit, push, and watch Flux apply it.\n",
    "infrastructure/namespace.yaml": yaml(infrastructure),
    "apps/web.yaml": yaml([deployment("web", 2), service("web")]),
    "apps/worker.yaml": yaml([deployment("worker", 1)]),
    "clusters/dev/flux.yaml": yaml(flux),
  };
}

/** What `flux bootstrap` would leave in the cluster: the repository, and the Kustomization that applies the rest. */
export function bootstrapObjects({ gitUrl }: { gitUrl: string }): KubeObject[] {
  return [
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: REPOSITORY.kind,
      metadata: { name: REPOSITORY.name, namespace: FLUX },
      spec: { interval: "10s", url: gitUrl, ref: { branch: "main" } },
    },
    kustomization("fleet", { path: "./clusters/dev" }),
  ];
}

/** What becomes Ready by itself. The other objects of the repository never do. */
export const BECOME_READY = [
  ...[REPOSITORY.name].map((name) => ref("source.toolkit.fluxcd.io/v1", REPOSITORY.kind, name)),
  ...["fleet", "infrastructure", "apps"].map((name) => ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name)),
  ref("source.toolkit.fluxcd.io/v1", "HelmRepository", "charts"),
  ref("helm.toolkit.fluxcd.io/v2", "HelmRelease", "greeter"),
];

/** The chart that HelmRelease `greeter` installs. */
export const GREETER_CHART = {
  name: "greeter",
  version: "1.2.0",
  values: { greeting: "Hello", replicas: 1 },
  templates: {
    "config.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
`,
    "deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: { app: {{ .Release.Name }} }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
    spec:
      containers:
        - name: greeter
          image: example.com/greeter:{{ .Chart.Version }}
`,
  },
};

function kustomization(name: string, spec: Record<string, unknown>): KubeObject {
  const usual = { interval: "1m", retryInterval: "30s", prune: true, path: `./${name}`, sourceRef: REPOSITORY };
  return { ...ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name), spec: { ...usual, ...spec } };
}

function helmRepository(url: string): KubeObject {
  return { ...ref("source.toolkit.fluxcd.io/v1", "HelmRepository", "charts"), spec: { interval: "1m", url } };
}

function helmRelease(): KubeObject {
  const sourceRef = { kind: "HelmRepository", name: "charts" };
  const chart = { spec: { chart: GREETER_CHART.name, version: "1.x", interval: "1m", sourceRef } };
  const where = { releaseName: "greeter", targetNamespace: "apps", install: { createNamespace: true } };
  const spec = { interval: "1m", chart, ...where, driftDetection: { mode: "enabled" }, values: { greeting: "Hi" } };
  return { ...ref("helm.toolkit.fluxcd.io/v2", "HelmRelease", "greeter"), spec };
}

function deployment(name: string, replicas: number): KubeObject {
  const containers = [{ name, image: `example.com/${name}:1.0.0` }];
  const template = { metadata: { labels: { app: name } }, spec: { containers } };
  const metadata = { name, namespace: "apps" };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function service(name: string): KubeObject {
  const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "apps" }, spec };
}

function ref(apiVersion: string, kind: string, name: string): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: FLUX } };
}

function yaml(objects: readonly unknown[]): string {
  return objects.map((object) => `${Bun.YAML.stringify(object, null, 2)}\n`).join("---\n");
}
