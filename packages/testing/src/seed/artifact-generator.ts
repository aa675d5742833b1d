import type { Build } from "./built.ts";
import { conditionsWhen } from "./conditions.ts";

const SOURCES = ["GitRepository", "OCIRepository", "Bucket"];

/**
 * Cuts an artifact out of a source. Written after what source-watcher's own sources say, not after a recording.
 * @see https://github.com/fluxcd/source-watcher/blob/main/docs/spec/v1beta1/artifactgenerators.md
 */
export const buildArtifactGenerator: Build = (object, world) => {
  const random = world.randomOf(object);
  const at = world.ago(random.whole(1, 60 * 24));
  const source = world.find(object, SOURCES, ["Ready"]) ?? { ...object, kind: "GitRepository", name: "fleet" };
  const elsewhere = source.namespace === object.namespace ? {} : { namespace: source.namespace };
  const name = artifactOf(object);
  const spec = {
    sources: [{ alias: "repo", kind: source.kind, name: source.name, ...elsewhere }],
    artifacts: [{ name, originRevision: "@repo", copy: [{ from: `@repo/apps/${object.name}/**`, to: "@artifact/" }] }],
  };
  const digest = world.hash(object, "artifact");
  const made = {
    inventory: [{ name, namespace: object.namespace, digest: `sha256:${digest}`, filename: `${digest}.tar.gz` }],
    observedSourcesDigest: `sha256:${world.hash(object, "content")}`,
  };
  switch (object.word) {
    case "Failed": {
      const message = `${name} build failed: no files match pattern 'apps/${object.name}/**' in source 'repo'`;
      return { spec, status: { conditions: conditionsWhen.blocked({ reason: "BuildFailed", message, at }), ...made } };
    }
    case "Stalled": {
      const message = "duplicate source alias 'repo' found";
      return { spec, status: { conditions: conditionsWhen.stalled({ reason: "ValidationFailed", message, at }) } };
    }
    case "Progressing":
      return {
        spec,
        status: { conditions: conditionsWhen.progressing("Reconciliation in progress", world.ago(1)), ...made },
      };
    default: {
      const message = "reconciliation succeeded, generated 1 artifact(s)";
      return { spec, status: { conditions: conditionsWhen.ready({ reason: "Succeeded", message, at }), ...made } };
    }
  }
};

/** What the artifact of a generator is called. */
export const artifactOf = ({ name }: { name: string }): string => `${name}-bundle`;
