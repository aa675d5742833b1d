import type { Build } from "./built.ts";
import { condition, conditionsWhen } from "./conditions.ts";
import { chartOf } from "./helm-release.ts";
import { repositoryWords } from "./plan.ts";

export const buildHelmChart: Build = (object, world) => {
  const release = object.counterpart;
  const { name, version } = chartOf(release ?? object, world);
  const at = world.ago(world.randomOf(object).whole(5, 60 * 24 * 10));
  const repository = world.find(object, ["HelmRepository"], repositoryWords(object));
  const sourceRef = { kind: "HelmRepository", name: repository?.name ?? "charts" };
  const shared = {
    spec: { chart: name, version, interval: "10m", reconcileStrategy: "ChartVersion", sourceRef },
    ...(release === undefined
      ? {}
      : {
          labels: {
            "helm.toolkit.fluxcd.io/name": release.name,
            "helm.toolkit.fluxcd.io/namespace": release.namespace,
          },
        }),
  };
  if (object.word === "Stalled") {
    const said = {
      reason: "InvalidChartReference",
      message: `invalid chart reference: failed to get chart version for remote reference: no '${name}' chart with version matching '${version}' found`,
      at,
    };
    const conditions = [...conditionsWhen.stalled(said), condition("FetchFailed", "True", said)];
    return { ...shared, status: { conditions, observedGeneration: 1 } };
  }
  if (object.word === "Blocked") {
    const said = {
      reason: "NoSourceArtifact",
      message: `no artifact available for HelmRepository source '${sourceRef.name}'`,
      at,
    };
    const conditions = [...conditionsWhen.failed(said, "building artifact"), condition("FetchFailed", "True", said)];
    return { ...shared, status: { conditions, observedGeneration: -1 } };
  }
  const said = { reason: "ChartPullSucceeded", message: `pulled '${name}' chart with version '${version}'`, at };
  const path = `helmchart/${object.namespace}/${object.name}/${name}-${version}.tgz`;
  const url = `http://source-controller.flux-system.svc.cluster.local./${path}`;
  const artifact = {
    digest: `sha256:${world.hash(object, "artifact")}`,
    lastUpdateTime: at,
    path,
    revision: version,
    size: world.randomOf(object).whole(2_000, 90_000),
    url,
  };
  const conditions = [...conditionsWhen.ready(said), condition("ArtifactInStorage", "True", said)];
  return {
    ...shared,
    status: { artifact, conditions, observedChartName: name, observedGeneration: 1, url },
  };
};
