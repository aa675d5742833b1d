/** A kind as an API server serves it. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** Who reconciles it; undefined for what nobody answers a request for. */
  readonly controller: string | undefined;
}

const CLUSTER_SCOPED: ReadonlySet<string> = new Set(["Namespace", "ClusterRole"]);
const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = { Deployment: ["scale"], Pod: ["log"] };
const VERBS = ["delete", "get", "list", "patch", "create", "update", "watch"];

type Row = readonly [version: string, plural: string, kind: string, controller: string | undefined];
const rows = (group: string, ...all: Row[]): ServedResource[] =>
  all.map(([version, plural, kind, controller]) => ({
    ...{ group, version, plural, kind, controller, namespaced: !CLUSTER_SCOPED.has(kind), verbs: VERBS },
    subresources: ["status", ...(SUBRESOURCES[kind] ?? [])],
  }));

const [SOURCE, KUSTOMIZE, HELM] = ["source-controller", "kustomize-controller", "helm-controller"];
const [REFLECTOR, AUTOMATION] = ["image-reflector-controller", "image-automation-controller"];

/** Flux's kinds as its CustomResourceDefinitions have them: a table of our own, not the product's. */
const flux = [
  ...rows("kustomize.toolkit.fluxcd.io", ["v1", "kustomizations", "Kustomization", KUSTOMIZE]),
  ...rows("helm.toolkit.fluxcd.io", ["v2", "helmreleases", "HelmRelease", HELM]),
  ...rows(
    "source.toolkit.fluxcd.io",
    ["v1", "gitrepositories", "GitRepository", SOURCE],
    ["v1", "ocirepositories", "OCIRepository", SOURCE],
    ["v1", "buckets", "Bucket", SOURCE],
    ["v1", "helmrepositories", "HelmRepository", SOURCE],
    ["v1", "helmcharts", "HelmChart", SOURCE],
    ["v1", "externalartifacts", "ExternalArtifact", undefined],
  ),
  ...rows("source.extensions.fluxcd.io", ["v1beta1", "artifactgenerators", "ArtifactGenerator", "source-watcher"]),
  ...rows(
    "image.toolkit.fluxcd.io",
    ["v1", "imagerepositories", "ImageRepository", REFLECTOR],
    ["v1", "imagepolicies", "ImagePolicy", REFLECTOR],
    ["v1", "imageupdateautomations", "ImageUpdateAutomation", AUTOMATION],
  ),
  ...rows(
    "notification.toolkit.fluxcd.io",
    ["v1beta3", "alerts", "Alert", undefined],
    ["v1beta3", "providers", "Provider", undefined],
    ["v1", "receivers", "Receiver", "notification-controller"],
  ),
  ...rows(
    "fluxcd.controlplane.io",
    ["v1", "fluxinstances", "FluxInstance", "flux-operator"],
    ["v1", "fluxreports", "FluxReport", "flux-operator"],
    ["v1", "resourcesets", "ResourceSet", "flux-operator"],
    ["v1", "resourcesetinputproviders", "ResourceSetInputProvider", "flux-operator"],
  ),
];

/** Everything a simulated API server serves. */
export const SERVED_RESOURCES: readonly ServedResource[] = [
  ...flux,
  ...rows(
    "",
    ["v1", "events", "Event", undefined],
    ["v1", "pods", "Pod", undefined],
    ["v1", "namespaces", "Namespace", undefined],
    ["v1", "services", "Service", undefined],
    ["v1", "configmaps", "ConfigMap", undefined],
    ["v1", "serviceaccounts", "ServiceAccount", undefined],
  ),
  ...rows("apps", ["v1", "deployments", "Deployment", undefined], ["v1", "replicasets", "ReplicaSet", undefined]),
  ...rows("networking.k8s.io", ["v1", "ingresses", "Ingress", undefined]),
  ...rows("rbac.authorization.k8s.io", ["v1", "clusterroles", "ClusterRole", undefined]),
];

/** Whether a CustomResourceDefinition stands behind it. */
export const isCustom = ({ group }: ServedResource): boolean => group.includes("fluxcd.");

export const apiVersionOf = ({ group, version }: ServedResource): string =>
  group === "" ? version : `${group}/${version}`;

/** `kustomizations.kustomize.toolkit.fluxcd.io`, as messages of an API server name it. */
export const resourceName = ({ group, plural }: ServedResource): string =>
  group === "" ? plural : `${plural}.${group}`;

const byKind = new Map(SERVED_RESOURCES.map((resource) => [resource.kind, resource]));
export const resourceOfKind = (kind: string): ServedResource => {
  const resource = byKind.get(kind);
  if (resource === undefined) throw new Error(`no simulated API server serves ${kind}`);
  return resource;
};
