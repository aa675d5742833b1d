import { FLUX_KINDS } from "@flux-orchestrator/flux";

/** A kind by its group; the same name in two groups is two kinds. */
export interface GroupKind {
  group: string;
  kind: string;
}
export const kindKey = ({ group, kind }: GroupKind): string => `${group}/${kind}`;
export const groupKindOf = (key: string): GroupKind => {
  const at = key.indexOf("/");
  return { group: key.slice(0, at), kind: key.slice(at + 1) };
};

/** Flux kinds that apply something, or that what is applied comes from: the roots of a cluster's tree. */
export const ROOT_KINDS: readonly GroupKind[] = FLUX_KINDS.filter(
  ({ role }) => role === "applier" || role === "source" || role === "generator" || role === "operator",
);

/** What nobody put into an inventory, because a controller made it of an owner. Whoever may own others comes before them. */
export const DEPENDENT_KINDS: readonly (readonly string[])[] = [
  [
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/DaemonSet",
    "batch/CronJob",
    "/Service",
    "/ConfigMap",
    "networking.k8s.io/Ingress",
  ],
  ["apps/ReplicaSet", "batch/Job", "/PersistentVolumeClaim"],
  ["/Pod"],
];
const OWNED_BY: Readonly<Record<string, readonly string[]>> = {
  "apps/Deployment": ["apps/ReplicaSet"],
  "apps/ReplicaSet": ["/Pod"],
  "apps/StatefulSet": ["/Pod", "/PersistentVolumeClaim"],
  "apps/DaemonSet": ["/Pod"],
  "batch/CronJob": ["batch/Job"],
  "batch/Job": ["/Pod"],
};
const ANY_DEPENDENT = DEPENDENT_KINDS.flat();
/** What controllers of the kind make; those of custom resources may make anything. */
export const dependentsOf = (key: string): readonly string[] =>
  OWNED_BY[key] ?? (isCustom(groupKindOf(key).group) ? ANY_DEPENDENT : []);

const FLUX_GROUPS = new Set(FLUX_KINDS.map(({ group }) => group));
const isCustom = (group: string): boolean =>
  group.includes(".") && !group.endsWith(".k8s.io") && !FLUX_GROUPS.has(group);

/** Their state is to be there, and some are large. */
const WITHOUT_STATE = new Set([
  "/ConfigMap",
  "/ServiceAccount",
  "/LimitRange",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "networking.k8s.io/NetworkPolicy",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/StorageClass",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
]);
export const needsOnlyMetadata = (key: string): boolean => WITHOUT_STATE.has(key);

/** Definitions hold whole schemas: 500 of them would be more than one answer may be. */
const LARGE = new Set(["apiextensions.k8s.io/CustomResourceDefinition"]);
export const pageSizeOf = (key: string): number => (LARGE.has(key) ? 25 : 500);

/** Never read for a tree, not even by name. */
export const isSecret = (key: string): boolean => key === "/Secret";
