import type { Build } from "./built.ts";
import { conditionsWhen } from "./conditions.ts";
import type { Planned } from "./plan.ts";

const imageOf = ({ namespace, name }: Planned) => `registry.example.com/${namespace}/${name}`;

export const buildImageRepository: Build = (object, world) => {
  const random = world.randomOf(object);
  const at = world.ago(random.whole(1, 60 * 24));
  const image = imageOf(object);
  const spec = { image, interval: "5m", provider: "generic", exclusionList: ["^.*\\.sig$"] };
  if (object.word === "Failed") {
    const message = `scan failed: GET https://registry.example.com/v2/${object.namespace}/${object.name}/tags/list: UNAUTHORIZED: authentication required`;
    const conditions = conditionsWhen.failed({ reason: "ReadOperationFailed", message, at }, "scanning: new revision");
    return { spec, status: { conditions, observedGeneration: -1 } };
  }
  const tagCount = random.whole(4, 300);
  const said = { reason: "Succeeded", message: `successful scan: found ${tagCount} tags`, at };
  const lastScanResult = {
    latestTags: ["1.9.2", "1.9.1", "1.9.0"],
    revision: String(random.whole(1e9, 4e9)),
    scanTime: at,
    tagCount,
  };
  return {
    spec,
    status: {
      canonicalImageName: image,
      conditions: conditionsWhen.ready(said),
      lastScanResult,
      observedGeneration: 1,
    },
  };
};

export const buildImagePolicy: Build = (object, world) => {
  const random = world.randomOf(object);
  const at = world.ago(random.whole(1, 60 * 24));
  const repository = world.find(object, ["ImageRepository"], ["Ready"]);
  const elsewhere =
    repository === undefined || repository.namespace === object.namespace ? {} : { namespace: repository.namespace };
  const imageRepositoryRef = { name: repository?.name ?? object.name, ...elsewhere };
  const spec = { imageRepositoryRef, policy: { semver: { range: "1.x" } } };
  if (object.word === "Failed") {
    const message = "version list argument cannot be empty";
    const conditions = conditionsWhen.failed({ reason: "VersionParsingFailed", message, at }, "evaluating policy");
    return { spec, status: { conditions, observedGeneration: -1 } };
  }
  const latestRef = { name: imageOf(repository ?? object), tag: `1.9.${random.whole(0, 9)}` };
  const said = {
    reason: "Succeeded",
    message: `Latest image tag for ${latestRef.name} resolved to ${latestRef.tag}`,
    at,
  };
  return { spec, status: { conditions: conditionsWhen.ready(said), latestRef, observedGeneration: 1 } };
};

export const buildImageUpdateAutomation: Build = (object, world) => {
  const at = world.ago(world.randomOf(object).whole(1, 60 * 24 * 3));
  const source = world.find(object, ["GitRepository"], ["Ready"]);
  const author = { email: "fluxbot@example.com", name: "fluxbot" };
  const spec = {
    interval: "30m",
    sourceRef: { kind: "GitRepository", name: source?.name ?? "fleet" },
    git: { checkout: { ref: { branch: "main" } }, commit: { author }, push: { branch: "main" } },
    update: { path: "./clusters", strategy: "Setters" },
  };
  if (object.word === "Failed") {
    const message = "failed to push to remote: authorization failed: You are not allowed to push code to this project.";
    const conditions = conditionsWhen.failed({ reason: "GitOperationFailed", message, at }, "updating the repository");
    return { spec, status: { conditions, observedGeneration: -1 } };
  }
  const said = { reason: "Succeeded", message: "repository up-to-date", at };
  const pushed = { lastAutomationRunTime: at, lastPushCommit: world.hash(object, "push", 40), lastPushTime: at };
  return { spec, status: { conditions: conditionsWhen.ready(said), observedGeneration: 1, ...pushed } };
};
