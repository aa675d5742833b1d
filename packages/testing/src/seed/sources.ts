import type { Build, Built } from "./built.ts";
import { condition, conditionsWhen } from "./conditions.ts";
import type { Planned } from "./plan.ts";
import type { World } from "./world.ts";

interface SourceFacts {
  spec: Record<string, unknown>;
  revision: string;
  /** Path of the artifact below the source's own. */
  file: string;
  stored: string;
  failure: { reason: string; message: string };
  /** What makes the controller give up: left out where no spec that is accepted can. */
  stall?: { reason: string; message: string };
  metadata?: Record<string, string>;
}

/** Whatever the kind, source-controller tells of a source in the same way. */
function source(object: Planned, world: World, facts: SourceFacts): Built {
  const random = world.randomOf(object);
  const age = random.whole(3, 60 * 24 * 20);
  const at = world.ago(age);
  const artifact = {
    digest: `sha256:${world.hash(object, "artifact")}`,
    lastUpdateTime: at,
    path: `${object.kind.toLowerCase()}/${object.namespace}/${object.name}/${facts.file}`,
    revision: facts.revision,
    size: random.whole(600, 400_000),
    url: `http://source-controller.flux-system.svc.cluster.local./${object.kind.toLowerCase()}/${object.namespace}/${object.name}/${facts.file}`,
    ...(facts.metadata === undefined ? {} : { metadata: facts.metadata }),
  };
  const stored = { reason: "Succeeded", message: facts.stored, at };
  const ready = [...conditionsWhen.ready(stored), condition("ArtifactInStorage", "True", stored)];
  const { word } = object;
  if (word === "Failed") {
    const failed = { ...facts.failure, at };
    const conditions = [
      ...conditionsWhen.failed(failed, "building artifact"),
      condition("FetchFailed", "True", failed),
    ];
    return { spec: facts.spec, status: { conditions, observedGeneration: -1 } };
  }
  if (word === "Stalled") {
    const stalled = { ...(facts.stall ?? facts.failure), at };
    const conditions = [...conditionsWhen.stalled(stalled), condition("FetchFailed", "True", stalled)];
    return { spec: facts.spec, status: { conditions, observedGeneration: 1 } };
  }
  if (word === "Progressing") {
    const conditions = conditionsWhen.progressing("building artifact", world.ago(1));
    return { spec: facts.spec, status: { conditions, observedGeneration: -1 } };
  }
  return { spec: facts.spec, status: { artifact, conditions: ready, observedGeneration: 1 } };
}

/** The revision that appliers of this source have: both sides can say it without the other. */
export function revisionOf(object: Planned, world: World): string {
  if (object.kind === "GitRepository") return `main@sha1:${world.hash(object, "commit", 40)}`;
  if (object.kind === "OCIRepository") return `latest@sha256:${world.hash(object, "manifest")}`;
  return `sha256:${world.hash(object, "content")}`;
}

export const buildGitRepository: Build = (object, world) => {
  const url = `https://git.example.com/${object.namespace}/${object.name}`;
  const stall = object.word === "Stalled";
  const revision = revisionOf(object, world);
  return source(object, world, {
    spec: {
      interval: "5m",
      url,
      ref: { branch: "main" },
      timeout: "60s",
      ...(stall ? { provider: "github" } : {}),
    },
    revision,
    file: `${world.hash(object, "commit", 40)}.tar.gz`,
    stored: `stored artifact for revision '${revision}'`,
    failure: world.randomOf(object).pick([
      {
        reason: "GitOperationFailed",
        message: `failed to checkout and determine revision: unable to clone '${url}': couldn't find remote ref "refs/heads/main"`,
      },
      {
        reason: "AuthenticationFailed",
        message: `failed to get secret '${object.namespace}/deploy-key': secrets "deploy-key" not found`,
      },
      {
        reason: "GitOperationFailed",
        message: `failed to checkout and determine revision: unable to clone '${url}': Get "${url}/info/refs?service=git-upload-pack": dial tcp: lookup git.example.com: i/o timeout`,
      },
    ]),
    stall: {
      reason: "InvalidProviderConfiguration",
      message: "secretRef with github app data must be specified when provider is set to github",
    },
  });
};

export const buildOciRepository: Build = (object, world) => {
  const repository = `registry.example.com/${object.namespace}/${object.name}`;
  const revision = revisionOf(object, world);
  return source(object, world, {
    spec: { interval: "10m", url: `oci://${repository}`, ref: { tag: "latest" }, provider: "generic", timeout: "60s" },
    revision,
    file: `sha256:${world.hash(object, "manifest")}.tar.gz`,
    stored: `stored artifact for digest '${revision}'`,
    metadata: {
      "org.opencontainers.image.revision": `main@sha1:${world.hash(object, "commit", 40)}`,
      "org.opencontainers.image.source": `https://git.example.com/${object.namespace}/${object.name}`,
    },
    failure: {
      reason: "OCIArtifactPullFailed",
      message: `failed to determine artifact digest: GET https://registry.example.com/v2/${object.namespace}/${object.name}/manifests/latest: MANIFEST_UNKNOWN: manifest unknown`,
    },
    stall: {
      reason: "URLInvalid",
      message: `URL validation failed for 'oci://${repository}': invalid reference format`,
    },
  });
};

export const buildBucket: Build = (object, world) => {
  const bucketName = `${object.namespace}-${object.name}`;
  const revision = revisionOf(object, world);
  return source(object, world, {
    spec: { interval: "5m", bucketName, endpoint: "minio.example.com", provider: "generic", timeout: "60s" },
    revision,
    file: `${world.hash(object, "content")}.tar.gz`,
    stored: `stored artifact: revision '${revision}'`,
    failure: { reason: "BucketOperationFailed", message: `bucket '${bucketName}' not found` },
  });
};

export const buildHelmRepository: Build = (object, world) => {
  const host = `charts.example.com/${object.namespace}`;
  // Nothing reconciles a repository of type oci: its charts are fetched one by one.
  if (object.word === "Static") {
    const url = `oci://${host}`;
    return { spec: { interval: "10m", type: "oci", provider: "generic", url }, status: {} };
  }
  const revision = revisionOf(object, world);
  return source(object, world, {
    spec: { interval: "10m", provider: "generic", url: `https://${host}` },
    revision,
    file: `index-${world.hash(object, "content")}.yaml`,
    stored: `stored artifact: revision '${revision}'`,
    failure: {
      reason: "Failed",
      message: `failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://${host}/index.yaml : 404 Not Found`,
    },
    stall: { reason: "URLInvalid", message: `URL validation failed for 'https://${host}': invalid port` },
  });
};

/** Made by a generator: it has no controller, no interval and no observed generation. */
export const buildExternalArtifact: Build = (object, world) => {
  const { spec, status } = source(object, world, {
    spec: {
      sourceRef: {
        apiVersion: "source.extensions.fluxcd.io/v1beta1",
        kind: "ArtifactGenerator",
        name: object.counterpart?.name ?? object.name,
        namespace: object.namespace,
      },
    },
    revision: `latest@sha256:${world.hash(object, "content")}`,
    file: `${world.hash(object, "content", 10)}.tar.gz`,
    stored: "Artifact is ready",
    failure: { reason: "Failed", message: "no artifact" },
  });
  const { artifact, conditions } = status as { artifact: unknown; conditions: unknown[] };
  return { spec, status: { artifact, conditions: conditions.slice(0, 1) } };
};
