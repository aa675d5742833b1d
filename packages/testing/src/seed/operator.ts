import type { Build, Built } from "./built.ts";
import { conditionsWhen } from "./conditions.ts";
import type { Planned } from "./plan.ts";
import type { World } from "./world.ts";

const VERSION = "v2.9.5";

/** The Flux Operator reports no observed generation and takes its interval from an annotation. */
function operated(object: Planned, world: World, facts: { failure: string; stall: string; status: object }) {
  const random = world.randomOf(object);
  const at = world.ago(random.whole(1, 60 * 24 * 3));
  const enabled = { "fluxcd.controlplane.io/reconcile": "enabled", "fluxcd.controlplane.io/reconcileEvery": "10m" };
  const failed = { reason: "ReconciliationFailed", message: facts.failure, at };
  const status = (conditions: unknown[], more: object = {}): Omit<Built, "spec"> => ({
    annotations: enabled,
    status: { conditions, ...more },
  });
  switch (object.word) {
    case "Failed":
      return status(conditionsWhen.failed(failed, "Reconciliation in progress"));
    case "Stalled":
      return status(conditionsWhen.stalled({ reason: "BuildFailed", message: facts.stall, at }));
    case "Progressing":
      return status(conditionsWhen.progressing("Reconciliation in progress", world.ago(1)));
    default: {
      const message = `Reconciliation finished in ${random.whole(1, 9)}.${random.whole(10, 99)}s`;
      return status(conditionsWhen.ready({ reason: "ReconciliationSucceeded", message, at }), facts.status);
    }
  }
}

export const buildFluxInstance: Build = (object, world) => {
  const components = ["source", "kustomize", "helm", "notification"].map((name) => `${name}-controller`);
  const lastAppliedRevision = `${VERSION}@sha256:${world.hash(object, "applied")}`;
  const at = world.ago(50);
  const snapshot = {
    digest: `sha256:${world.hash(object, "applied")}`,
    ...{ firstReconciled: world.ago(60 * 24 * 9), lastReconciled: at, lastReconciledDuration: "3.204s" },
    ...{ lastReconciledStatus: "ReconciliationSucceeded", metadata: { flux: VERSION }, totalReconciliations: 212 },
  };
  const status = {
    components: components.map((name) => ({
      ...{ name, repository: `ghcr.io/fluxcd/${name}`, tag: VERSION },
      digest: `sha256:${world.hash(object, name)}`,
    })),
    inventory: { entries: components.map((name) => ({ id: `flux-system_${name}_apps_Deployment`, v: "v1" })) },
    ...{ lastAppliedRevision, lastAttemptedRevision: lastAppliedRevision, history: [snapshot] },
  };
  const spec = {
    distribution: { version: "2.x", registry: "ghcr.io/fluxcd" },
    components,
    cluster: { type: "kubernetes", domain: "cluster.local", networkPolicy: true },
    sync: {
      ...{ kind: "GitRepository", url: "https://git.example.com/platform/fleet", ref: "refs/heads/main" },
      path: "clusters/production",
    },
  };
  return { spec, ...operated(object, world, { failure: "", stall: "", status }) };
};

export const buildFluxReport: Build = (object, world) => {
  const kustomize = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" };
  const spec = {
    distribution: {
      entitlement: "Issued by controlplane",
      managedBy: "flux-operator",
      status: "Installed",
      version: VERSION,
    },
    operator: { apiVersion: "fluxcd.controlplane.io/v1", platform: "linux/amd64", version: "v0.58.0" },
    reconcilers: [{ ...kustomize, stats: { failing: 1, running: 42, suspended: 3 } }],
    sync: {
      ...{ ready: true, id: "kustomization/flux-system", path: "clusters/production" },
      source: "https://git.example.com/platform/fleet",
      status: `Applied revision: refs/heads/main@sha1:${world.hash(object, "commit", 40)}`,
    },
  };
  return { spec, ...operated(object, world, { failure: "", stall: "", status: {} }) };
};

export const buildResourceSet: Build = (object, world) => {
  const { namespace, name } = object;
  const inputs = ["blue", "green"].map((tenant) => ({ tenant, version: "6.7.x" }));
  const template = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `${name}-<< inputs.tenant >>`, namespace },
    data: { version: "<< inputs.version >>" },
  };
  const entries = inputs.map(({ tenant }) => ({ id: `${namespace}_${name}-${tenant}__ConfigMap`, v: "v1" }));
  const lastAppliedRevision = `sha256:${world.hash(object, "applied")}`;
  const facts = {
    failure: `reconciliation failed: ConfigMap/${namespace}/${name}-blue dry-run failed: admission webhook "validate.policy.example.com" denied the request: label team is required`,
    stall: 'build failed: failed to build resources: template: resource:1: function "toUper" not defined',
    status: { inventory: { entries }, lastAppliedRevision },
  };
  return { spec: { inputs, resources: [template] }, ...operated(object, world, facts) };
};

export const buildResourceSetInputProvider: Build = (object, world) => {
  const url = `https://github.com/example/${object.namespace}-${object.name}`;
  const exportedInputs = [
    { id: "48231", branch: "feat/cache", sha: world.hash(object, "commit", 40), title: "Add a cache" },
  ];
  const facts = {
    failure: `failed to call provider: could not list pull requests: GET ${url}/pulls: 403 API rate limit exceeded`,
    stall: "invalid filter: error parsing regexp: missing closing )",
    status: { exportedInputs, lastExportedRevision: `sha256:${world.hash(object, "exported")}` },
  };
  const spec = { type: "GitHubPullRequest", url, filter: { limit: 10, labels: ["preview"] } };
  return { spec, ...operated(object, world, facts) };
};
