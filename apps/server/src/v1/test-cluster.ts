interface TestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

const AT = "2026-01-02T03:04:05Z";
const condition = (status: string, message: string) => ({
  type: "Ready",
  status,
  reason: status === "True" ? "Succeeded" : "Failed",
  message,
  lastTransitionTime: AT,
});
const settled = (status: string, message: string, more: object = {}) => ({
  observedGeneration: 1,
  conditions: [condition(status, message)],
  ...more,
});
const object = (apiVersion: string, kind: string, name: string, rest: object): TestObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "flux-system" },
  ...rest,
});
const kustomization = (name: string, rest: { spec?: object; status?: object }) =>
  object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, {
    spec: { interval: "10m", path: "./", prune: true, sourceRef: { kind: "GitRepository", name: "app" }, ...rest.spec },
    ...(rest.status === undefined ? {} : { status: rest.status }),
  });
const source = (kind: string, name: string, spec: object, status?: object) =>
  object("source.toolkit.fluxcd.io/v1", kind, name, {
    spec: { interval: "1m", ...spec },
    ...(status === undefined ? {} : { status }),
  });

/** As Flux's controllers leave them; the names are those of the recorded answers. */
export const FLUX_OBJECTS: readonly TestObject[] = [
  kustomization("app", {
    status: settled("True", "Applied revision: main@sha1:4c3dce1", {
      inventory: {
        entries: [
          { id: "default_web-config__ConfigMap", v: "v1" },
          { id: "default_web_apps_Deployment", v: "v1" },
        ],
      },
    }),
  }),
  kustomization("nested", {
    status: settled("False", "apply failed: <nothing> & more", {
      inventory: {
        entries: [
          { id: "_system__web__reader_rbac.authorization.k8s.io_ClusterRole", v: "v1" },
          { id: "flux-system_child_kustomize.toolkit.fluxcd.io_Kustomization", v: "v1" },
          { id: "unreadable", v: "v1" },
        ],
      },
    }),
  }),
  kustomization("frozen", { spec: { suspend: true } }),
  kustomization("new", {}),
  object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "hello", {
    spec: {
      interval: "10m",
      chart: { spec: { chart: "hello", sourceRef: { kind: "HelmRepository", name: "local" } } },
      values: { password: "hunter2-of-the-values" },
    },
    status: settled("True", "Helm install succeeded", {
      inventory: { entries: [{ id: "default_hello_apps_Deployment", v: "v1" }] },
    }),
  }),
  source("GitRepository", "app", { url: "https://example.com/app.git" }, settled("True", "stored artifact")),
  source("HelmRepository", "local", { url: "https://example.com/charts" }, settled("True", "stored artifact")),
  source("OCIRepository", "oci", { url: "oci://example.com/app" }, settled("Unknown", "building")),
  source("Bucket", "bucket", { bucketName: "app", endpoint: "example.com" }),
];

const inDefault = (name: string) => ({ name, namespace: "default" });
const selector = { matchLabels: { app: "web" } };
const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "registry.example/web:1" }] },
};

/** What is beside them, under the names of the recorded answers too. */
export const WORKLOADS: readonly TestObject[] = [
  { apiVersion: "apps/v1", kind: "Deployment", metadata: inDefault("web"), spec: { replicas: 2, selector, template } },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      ...inDefault("web-config"),
      labels: { "kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
      annotations: { "kubectl.kubernetes.io/restartedAt": AT },
    },
    data: { mode: "plain" },
  },
  // Without a controller manager nobody else makes it, and no pod can be without.
  { apiVersion: "v1", kind: "ServiceAccount", metadata: inDefault("default") },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...inDefault("web-8546bbbb4-4zjgm"), labels: { app: "web" } },
    spec: {
      nodeName: "node-0",
      ...template.spec,
      initContainers: [{ name: "prepare", image: "registry.example/web:1" }],
    },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...inDefault("web-secret"), annotations: { note: "seen" } },
    stringData: { password: "hunter2-of-the-secret" },
  },
];
