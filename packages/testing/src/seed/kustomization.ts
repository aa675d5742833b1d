import type { Build } from "./built.ts";
import { condition, conditionsWhen } from "./conditions.ts";
import type { Planned } from "./plan.ts";
import { revisionOf } from "./sources.ts";
import type { World } from "./world.ts";

const SOURCES = ["GitRepository", "OCIRepository", "Bucket"];
const GROUPS: Readonly<Record<string, { group: string; version: string }>> = {
  Kustomization: { group: "kustomize.toolkit.fluxcd.io", version: "v1" },
  HelmRelease: { group: "helm.toolkit.fluxcd.io", version: "v2" },
};

export const buildKustomization: Build = (object, world) => {
  const random = world.randomOf(object);
  const { name, namespace, word } = object;
  const source = world.find(object, SOURCES, ["Ready"]) ?? { ...object, kind: "GitRepository", name: "fleet" };
  const revision = revisionOf(source, world);
  const minutes = random.whole(1, 9);
  const at = world.ago(minutes);
  const blocker =
    word === "Blocked" ? world.find(object, ["Kustomization"], ["Failed", "Stalled", "Progressing"]) : undefined;
  const spec = {
    interval: "10m",
    retryInterval: "2m",
    timeout: "5m",
    path: `./clusters/production/${namespace}/${name}`,
    prune: true,
    wait: random.chance(0.6),
    force: false,
    sourceRef: {
      kind: source.kind,
      name: source.name,
      ...(source.namespace === namespace ? {} : { namespace: source.namespace }),
    },
    ...(blocker === undefined ? {} : { dependsOn: [reference(blocker, namespace)] }),
    ...(word === "Stalled"
      ? { healthCheckExprs: [{ apiVersion: "apps/v1", kind: "Deployment", current: "status.ready ===" }] }
      : {}),
  };
  const inventory = { entries: inventoryOf(object, world) };
  const applied = (which: string, firstMinutes: number, total: number) => ({
    digest: `sha256:${world.hash(object, `applied ${which}`)}`,
    firstReconciled: world.ago(firstMinutes),
    lastReconciled: at,
    lastReconciledDuration: `${random.whole(90, 9_000)}.${random.whole(100, 999)}ms`,
    lastReconciledStatus: "ReconciliationSucceeded",
    metadata: { revision: which },
    totalReconciliations: total,
  });
  const good = {
    inventory,
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    history: [applied(revision, minutes + random.whole(20, 9_000), random.whole(2, 900))],
    observedGeneration: 1,
  };
  const before = `main@sha1:${world.hash(object, "commit before", 40)}`;
  switch (word) {
    case "Unknown":
      return { spec };
    case "Blocked": {
      const said =
        blocker === undefined
          ? { reason: "ArtifactFailed", message: "Source artifact not found, retrying in 30s", at }
          : {
              reason: "DependencyNotReady",
              message: `dependency '${blocker.namespace}/${blocker.name}' is not ready`,
              at,
            };
      return { spec, status: { conditions: conditionsWhen.blocked(said), observedGeneration: -1 } };
    }
    case "Stalled": {
      const message =
        "Reconciliation failed terminally due to configuration error: failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: failed to parse the CEL expression 'status.ready ===': ERROR: <input>:1:16: Syntax error: token recognition error at: '='\n | status.ready ===\n | ...............^";
      return {
        spec,
        status: {
          conditions: conditionsWhen.stalled({ reason: "InvalidCELExpression", message, at }),
          observedGeneration: 1,
        },
      };
    }
    case "Failed": {
      const failure = random.pick(failuresOf(object));
      const history = [
        { ...applied(revision, minutes + 40, random.whole(2, 60)), lastReconciledStatus: failure.reason },
        applied(before, 9_000, random.whole(20, 900)),
      ];
      const attempt = `Detecting drift for revision ${revision} with a timeout of 5m0s`;
      const conditions = conditionsWhen.failed({ ...failure, at }, attempt);
      const attempted = { lastAppliedRevision: before, lastAttemptedRevision: revision, observedGeneration: -1 };
      return { spec, status: { ...attempted, conditions, history, inventory } };
    }
    case "Progressing": {
      const message = `Running health checks for revision ${revision} with a timeout of 5m0s`;
      const healthy = condition("Healthy", "Unknown", { reason: "Progressing", message, at: world.ago(1) });
      const conditions = [...conditionsWhen.progressing(message, world.ago(1)), healthy];
      const history = [applied(before, 9_000, random.whole(20, 900))];
      return { spec, status: { ...good, lastAppliedRevision: before, history, conditions, observedGeneration: -1 } };
    }
    default: {
      const said = { reason: "ReconciliationSucceeded", message: `Applied revision: ${revision}`, at };
      const healthy = {
        reason: "Succeeded",
        message: `Health check passed in ${random.whole(1, 40)}.${random.whole(100, 999)}s`,
        at,
      };
      const conditions = [...conditionsWhen.ready(said), ...(spec.wait ? [condition("Healthy", "True", healthy)] : [])];
      return { spec, status: { ...good, conditions } };
    }
  }
};

function reference(other: Planned, namespace: string) {
  return { name: other.name, ...(other.namespace === namespace ? {} : { namespace: other.namespace }) };
}

function failuresOf({ namespace, name }: Planned): { reason: string; message: string }[] {
  return [
    {
      reason: "HealthCheckFailed",
      message: `timeout waiting for: [Deployment/${namespace}/${name} status: 'InProgress']`,
    },
    {
      reason: "ReconciliationFailed",
      message: `Deployment/${namespace}/${name} dry-run failed (Forbidden): deployments.apps "${name}" is forbidden: User "system:serviceaccount:${namespace}:flux-applier" cannot patch resource "deployments" in API group "apps" in the namespace "${namespace}"\n`,
    },
    {
      reason: "BuildFailed",
      message: `kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'ingress.yaml': open ingress.yaml: no such file or directory'`,
    },
    {
      reason: "BuildFailed",
      message: `post build failed for 'ConfigMap.v1.[noGrp]/${name}': substitute from 'ConfigMap/cluster-vars' error: configmaps "cluster-vars" not found`,
    },
  ];
}

/** `namespace_name_group_kind`, a cluster-scoped one without namespace. */
function inventoryOf(object: Planned, world: World): { id: string; v: string }[] {
  const { namespace, name } = object;
  const children = world.childrenOf(object).map((child) => {
    const { group, version } = GROUPS[child.kind]!;
    return { id: `${child.namespace}_${child.name}_${group}_${child.kind}`, v: version };
  });
  const own = [
    { id: `${namespace}_${name}_apps_Deployment`, v: "v1" },
    { id: `${namespace}_${name}__Service`, v: "v1" },
    { id: `${namespace}_${name}-config__ConfigMap`, v: "v1" },
    { id: `${namespace}_${name}_networking.k8s.io_Ingress`, v: "v1" },
    { id: `${namespace}_${name}__ServiceAccount`, v: "v1" },
    { id: `_${namespace}__${name}_rbac.authorization.k8s.io_ClusterRole`, v: "v1" },
  ];
  return [...children, ...own.slice(0, world.randomOf(object).whole(children.length > 0 ? 0 : 1, own.length))];
}
