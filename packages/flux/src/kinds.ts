/** How an object of a kind is suspended: by `spec.suspend`, by an annotation, or not at all. */
export type SuspendMechanism =
  | { by: "spec" }
  | { by: "annotation"; key: string; disabled: string; enabled: string }
  | null;

/** What there is to know of a Flux kind before asking a cluster. Adding a kind is one row below. */
export interface FluxKind {
  kind: string;
  group: string;
  plural: string;
  /** Candidates, newest first; which one is used is the cluster's discovery's word. */
  versions: readonly string[];
  role: "source" | "applier" | "image" | "notification" | "operator" | "generator";
  suspend: SuspendMechanism;
  /** Whether a controller answers `reconcile.fluxcd.io/requestedAt`. */
  reconcile: boolean;
  /** Whether it answers `forceAt` too. */
  force: boolean;
  /** Whether it answers `resetAt` too. */
  reset: boolean;
  /** The controller that reconciles it. */
  controller: string;
  /** What the flux CLI calls it, as in `flux reconcile <cli> NAME`; null where it has no word. */
  cli: string | null;
}

const SPEC = { by: "spec" } as const;
const OPERATOR = {
  by: "annotation",
  key: "fluxcd.controlplane.io/reconcile",
  disabled: "disabled",
  enabled: "enabled",
} as const;
const GENERATOR = {
  by: "annotation",
  key: "source.extensions.fluxcd.io/reconcile",
  disabled: "Disabled",
  enabled: "Enabled",
} as const;

type Row = readonly [kind: string, plural: string, versions: readonly string[], options?: Partial<FluxKind>];
const rows = (group: string, role: FluxKind["role"], controller: string, kinds: readonly Row[]): FluxKind[] =>
  kinds.map(([kind, plural, versions, options]) => ({
    kind,
    group,
    plural,
    versions,
    role,
    suspend: SPEC,
    reconcile: true,
    force: false,
    reset: false,
    controller,
    cli: null,
    ...options,
  }));

const SOURCE_VERSIONS = ["v1", "v1beta2", "v1beta1"] as const;

/** Every kind we read. @see https://fluxcd.io/flux/components/ */
export const FLUX_KINDS: readonly FluxKind[] = [
  ...rows("kustomize.toolkit.fluxcd.io", "applier", "kustomize-controller", [
    ["Kustomization", "kustomizations", ["v1", "v1beta2", "v1beta1"], { cli: "kustomization" }],
  ]),
  ...rows("helm.toolkit.fluxcd.io", "applier", "helm-controller", [
    ["HelmRelease", "helmreleases", ["v2", "v2beta2", "v2beta1"], { cli: "helmrelease", force: true, reset: true }],
  ]),
  ...rows("source.toolkit.fluxcd.io", "source", "source-controller", [
    ["GitRepository", "gitrepositories", SOURCE_VERSIONS, { cli: "source git" }],
    ["OCIRepository", "ocirepositories", ["v1", "v1beta2"], { cli: "source oci" }],
    ["Bucket", "buckets", SOURCE_VERSIONS, { cli: "source bucket" }],
    ["HelmRepository", "helmrepositories", SOURCE_VERSIONS, { cli: "source helm" }],
    ["HelmChart", "helmcharts", SOURCE_VERSIONS, { cli: "source chart" }],
    // Written by a generator; nothing reconciles it.
    [
      "ExternalArtifact",
      "externalartifacts",
      ["v1"],
      { suspend: null, reconcile: false, controller: "source-watcher" },
    ],
  ]),
  ...rows("source.extensions.fluxcd.io", "generator", "source-watcher", [
    ["ArtifactGenerator", "artifactgenerators", ["v1beta1"], { suspend: GENERATOR }],
  ]),
  ...rows("image.toolkit.fluxcd.io", "image", "image-reflector-controller", [
    ["ImageRepository", "imagerepositories", SOURCE_VERSIONS, { cli: "image repository" }],
    ["ImagePolicy", "imagepolicies", SOURCE_VERSIONS, { cli: "image policy" }],
    [
      "ImageUpdateAutomation",
      "imageupdateautomations",
      SOURCE_VERSIONS,
      { cli: "image update", controller: "image-automation-controller" },
    ],
  ]),
  ...rows("notification.toolkit.fluxcd.io", "notification", "notification-controller", [
    ["Alert", "alerts", ["v1beta3", "v1beta2", "v1beta1"], { cli: "alert", reconcile: false }],
    ["Provider", "providers", ["v1beta3", "v1beta2", "v1beta1"], { cli: "alert-provider", reconcile: false }],
    ["Receiver", "receivers", SOURCE_VERSIONS, { cli: "receiver" }],
  ]),
  ...rows("fluxcd.controlplane.io", "operator", "flux-operator", [
    ["FluxInstance", "fluxinstances", ["v1"], { suspend: OPERATOR }],
    ["FluxReport", "fluxreports", ["v1"], { suspend: null }],
    ["ResourceSet", "resourcesets", ["v1"], { suspend: OPERATOR }],
    ["ResourceSetInputProvider", "resourcesetinputproviders", ["v1"], { suspend: OPERATOR, force: true }],
  ]),
];

/** Kind names as a tuple, for closed schemas. */
export const KIND_NAMES = FLUX_KINDS.map((row) => row.kind) as [string, ...string[]];
export const FLUX_GROUPS: readonly string[] = [...new Set(FLUX_KINDS.map((row) => row.group))];

const byKind = new Map(FLUX_KINDS.map((row) => [row.kind, row]));
/** Kinds are unique across the Flux groups, so the kind alone names the row. */
export const fluxKind = (kind: string): FluxKind | undefined => byKind.get(kind);
/** Whether an object is Flux's: other groups have kinds of the same names. */
export const isFluxKind = ({ group, kind }: { group: string; kind: string }): boolean =>
  byKind.get(kind)?.group === group;
const byPlural = new Map(FLUX_KINDS.map((row) => [row.plural, row]));
export const fluxKindOfPlural = (plural: string): FluxKind | undefined => byPlural.get(plural);
