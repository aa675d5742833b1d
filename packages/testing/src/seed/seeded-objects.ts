import type { KubeObject } from "../kubernetes/kube-request.ts";
import { buildArtifactGenerator } from "./artifact-generator.ts";
import type { Build } from "./built.ts";
import { buildHelmChart } from "./helm-chart.ts";
import { buildHelmRelease } from "./helm-release.ts";
import { buildImagePolicy, buildImageRepository, buildImageUpdateAutomation } from "./images.ts";
import { buildKustomization } from "./kustomization.ts";
import { buildAlert, buildProvider, buildReceiver } from "./notifications.ts";
import { buildFluxInstance, buildFluxReport, buildResourceSet, buildResourceSetInputProvider } from "./operator.ts";
import { type Planned, planSeed } from "./plan.ts";
import {
  buildBucket,
  buildExternalArtifact,
  buildGitRepository,
  buildHelmRepository,
  buildOciRepository,
} from "./sources.ts";
import { SUSPENSIONS } from "./vocabulary.ts";
import { type World, worldOf } from "./world.ts";

/** On every seeded object; its value is the readiness the object was made to have. */
export const SEEDED_LABEL = "flux-orchestrator/seeded";

const BUILDERS: Readonly<Record<string, Build>> = {
  Kustomization: buildKustomization,
  HelmRelease: buildHelmRelease,
  HelmChart: buildHelmChart,
  GitRepository: buildGitRepository,
  OCIRepository: buildOciRepository,
  HelmRepository: buildHelmRepository,
  Bucket: buildBucket,
  ArtifactGenerator: buildArtifactGenerator,
  ExternalArtifact: buildExternalArtifact,
  Alert: buildAlert,
  Provider: buildProvider,
  Receiver: buildReceiver,
  ImageRepository: buildImageRepository,
  ImagePolicy: buildImagePolicy,
  ImageUpdateAutomation: buildImageUpdateAutomation,
  FluxInstance: buildFluxInstance,
  FluxReport: buildFluxReport,
  ResourceSet: buildResourceSet,
  ResourceSetInputProvider: buildResourceSetInputProvider,
};

/** Annotations by which a kind is told to stand still that has no `spec.suspend`. */
const PAUSES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ResourceSet: { "fluxcd.controlplane.io/reconcile": "disabled" },
  ResourceSetInputProvider: { "fluxcd.controlplane.io/reconcile": "disabled" },
  ArtifactGenerator: { "source.extensions.fluxcd.io/reconcile": "Disabled" },
};

/** Kinds that can be seeded. */
export const SEEDED_KINDS: readonly string[] = Object.keys(BUILDERS);

/**
 * The objects of a seed, as they are to be in the cluster: the same seed, kinds and time give the same objects.
 *
 * @param apiVersions of the kinds to use, by kind
 */
export function seededObjects(options: {
  count: number;
  seed: number;
  apiVersions: Readonly<Record<string, string>>;
  nowMs: number;
}): KubeObject[] {
  const kinds = SEEDED_KINDS.filter((kind) => options.apiVersions[kind] !== undefined);
  const planned = planSeed({ ...options, kinds });
  const world = worldOf(planned, options);
  return planned.map((object) => assemble(object, world, options.apiVersions[object.kind]!));
}

/** One object of a plan as it is to be in a cluster. */
export function assemble(object: Planned, world: World, apiVersion: string): KubeObject {
  const { kind, name, namespace, word, parent } = object;
  const { spec, status, labels, annotations } = BUILDERS[kind]!(object, world);
  const pause = PAUSES[kind];
  const suspension = word === "Suspended" ? world.randomOf(object).pick(SUSPENSIONS) : {};
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: {
        [SEEDED_LABEL]: word,
        "app.kubernetes.io/part-of": namespace,
        ...(parent === undefined
          ? {}
          : {
              "kustomize.toolkit.fluxcd.io/name": parent.name,
              "kustomize.toolkit.fluxcd.io/namespace": parent.namespace,
            }),
        ...labels,
      },
      annotations: {
        ...annotations,
        ...suspension,
        ...(word === "Suspended" ? pause : {}),
      },
      // Only where it has to hold the deletion up: nobody is there to take it off again.
      ...(word === "Terminating" ? { finalizers: ["finalizers.fluxcd.io"] } : {}),
    },
    spec: word === "Suspended" && pause === undefined ? { ...spec, suspend: true } : spec,
    ...(status === undefined ? {} : { status }),
  };
}
