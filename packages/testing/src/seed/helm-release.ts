import type { Build } from "./built.ts";
import { condition, conditionsWhen } from "./conditions.ts";
import { type Planned, repositoryWords } from "./plan.ts";
import type { World } from "./world.ts";

export const buildHelmRelease: Build = (object, world) => {
  const random = world.randomOf(object);
  const { name, namespace, word, counterpart } = object;
  const { version, before } = chartOf(object, world);
  const at = world.ago(random.whole(2, 60 * 24 * 5));
  const blocker =
    word === "Blocked" && counterpart === undefined
      ? world.find(object, ["HelmRelease"], ["Failed", "Stalled", "Retrying"])
      : undefined;
  const retries = word === "Retrying" ? { upgrade: { remediation: { retries: 3 } } } : {};
  const stops = word === "Stalled" ? { upgrade: { remediation: { retries: 1 } } } : {};
  const spec = {
    interval: "10m",
    timeout: "5m",
    releaseName: name,
    ...chartSpec(object, world),
    ...(word === "Drifted" ? { driftDetection: { mode: "warn" } } : {}),
    ...(blocker === undefined
      ? {}
      : {
          dependsOn: [
            { name: blocker.name, ...(blocker.namespace === namespace ? {} : { namespace: blocker.namespace }) },
          ],
        }),
    ...retries,
    ...stops,
    values: { replicaCount: random.whole(1, 6), resources: { requests: { memory: `${random.whole(1, 8) * 64}Mi` } } },
  };
  const release = `${namespace}/${name}`;
  const revision = random.whole(2, 30);
  const succeeded = {
    reason: "UpgradeSucceeded",
    message: `Helm upgrade succeeded for release ${release}.v${revision} with chart ${chartOf(object, world).name}@${version}`,
    at,
  };
  const failed = {
    reason: "UpgradeFailed",
    message: `Helm upgrade failed for release ${release} with chart ${chartOf(object, world).name}@${version}: timeout waiting for: [Deployment/${release} status: 'InProgress']`,
    at,
  };
  const shared = {
    ...(counterpart === undefined ? {} : { helmChart: `${counterpart.namespace}/${counterpart.name}` }),
    inventory: {
      entries: ["apps_Deployment", "_Service", "_ServiceAccount"].map((kind) => ({
        id: `${namespace}_${name}_${kind}`,
        v: "v1",
      })),
    },
    lastAttemptedConfigDigest: `sha256:${world.hash(object, "values")}`,
    lastAttemptedGeneration: 1,
    lastAttemptedReleaseAction: "upgrade",
    lastAttemptedReleaseActionDuration: `${random.whole(1, 50)}.${random.whole(100, 999)}s`,
    lastAttemptedRevision: version,
    observedGeneration: 1,
    storageNamespace: namespace,
  };
  const entry = (chartVersion: string, nth: number, status: string) => ({
    ...{ action: "upgrade", apiVersion: "v2", appVersion: chartVersion, chartName: chartOf(object, world).name },
    ...{ chartVersion, name, namespace, status, version: nth },
    configDigest: shared.lastAttemptedConfigDigest,
    digest: `sha256:${world.hash(object, `release ${nth}`)}`,
    firstDeployed: world.ago(60 * 24 * 30),
    lastDeployed: at,
  });
  const deployed = [entry(version, revision, "deployed"), entry(before, revision - 1, "superseded")];
  const broken = [entry(version, revision, "failed"), entry(before, revision - 1, "deployed")];
  const ready = [...conditionsWhen.ready(succeeded), condition("Released", "True", succeeded)];
  switch (word) {
    case "Unknown":
      return { spec };
    case "Blocked": {
      const chart = counterpart ?? { namespace, name: `${namespace}-${name}` };
      const said =
        blocker === undefined
          ? {
              reason: "SourceNotReady",
              message: `HelmChart '${chart.namespace}/${chart.name}' is not ready: latest generation of object has not been reconciled`,
              at,
            }
          : {
              reason: "DependencyNotReady",
              message: `dependency '${blocker.namespace}/${blocker.name}' is not ready`,
              at,
            };
      const reconciling = condition("Reconciling", "True", {
        reason: "Progressing",
        message: "Fulfilling prerequisites",
        at,
      });
      const { helmChart } = shared;
      const conditions = [reconciling, ...conditionsWhen.blocked(said)];
      return {
        spec,
        status: { conditions, observedGeneration: -1, ...(helmChart === undefined ? {} : { helmChart }) },
      };
    }
    case "Stalled": {
      const why = { reason: "RetriesExceeded", message: "Failed to upgrade after 2 attempt(s)" };
      const conditions = [...conditionsWhen.stalled(failed, why), condition("Released", "False", failed)];
      return { spec, status: { ...shared, history: broken, failures: 2, upgradeFailures: 2, conditions } };
    }
    case "Retrying":
    case "Failed": {
      const running = "Running 'upgrade' action with timeout of 5m0s";
      const reconciling = condition("Reconciling", "True", { reason: "Progressing", message: running, at });
      const conditions = [reconciling, condition("Ready", "False", failed), condition("Released", "False", failed)];
      // Counted failures have retries left; uncounted ones are failures.
      const counted = word === "Retrying" ? { failures: 2, upgradeFailures: 2 } : { failures: random.whole(1, 12) };
      return { spec, status: { ...shared, history: broken, ...counted, conditions, observedGeneration: -1 } };
    }
    case "Progressing": {
      const released = { ...succeeded, message: succeeded.message.replace(`@${version}`, `@${before}`) };
      const running = "Running 'upgrade' action with timeout of 5m0s";
      const conditions = [
        ...conditionsWhen.progressing(running, world.ago(1)),
        condition("Released", "True", released),
      ];
      return {
        spec,
        status: { ...shared, history: [entry(before, revision, "deployed")], conditions, observedGeneration: -1 },
      };
    }
    case "Drifted": {
      const message = `Cluster state of release ${release}.v${revision} has drifted from the desired state:\nDeployment/${release} changed (0 additions, 1 changes, 0 removals)`;
      const drifted = condition("Drifted", "True", { reason: "DriftDetected", message, at });
      return { spec, status: { ...shared, history: deployed, conditions: [...ready, drifted] } };
    }
    default:
      return { spec, status: { ...shared, history: deployed, conditions: ready } };
  }
};

/** The chart of a release, and the version before the present one. */
export function chartOf(object: Planned, world: World): { name: string; version: string; before: string } {
  const digit = (purpose: string, below: number) => Number.parseInt(world.hash(object, purpose, 4), 16) % below;
  const [major, minor, patch] = [digit("major", 9) + 1, digit("minor", 20) + 1, digit("patch", 9)];
  const name = object.name.replace(/-\d+$/, "");
  return { name, version: `${major}.${minor}.${patch}`, before: `${major}.${minor - 1}.${patch}` };
}

function chartSpec(object: Planned, world: World): Record<string, unknown> {
  const { name, version } = chartOf(object, world);
  if (object.counterpart === undefined) {
    const source = world.find(object, ["OCIRepository"], ["Ready"]);
    const elsewhere =
      source !== undefined && source.namespace !== object.namespace ? { namespace: source.namespace } : {};
    return { chartRef: { kind: "OCIRepository", name: source?.name ?? "charts", ...elsewhere } };
  }
  const repository = world.find(object.counterpart, ["HelmRepository"], repositoryWords(object.counterpart));
  const { namespace } = repository ?? object;
  const elsewhere = namespace === object.namespace ? {} : { namespace };
  const sourceRef = { kind: "HelmRepository", name: repository?.name ?? "charts", ...elsewhere };
  return { chart: { spec: { chart: name, version, interval: "10m", reconcileStrategy: "ChartVersion", sourceRef } } };
}
