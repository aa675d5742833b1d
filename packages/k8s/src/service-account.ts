import { FLUX_GROUPS } from "@flux-orchestrator/flux";

/**
 * What to apply on a cluster so that it can be registered by a token: reading and acting on Flux objects, seeing whether
 * Flux's controllers run, and reading their events; nothing else.
 */
export const SERVICE_ACCOUNT_MANIFEST = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: flux-orchestrator
  namespace: flux-system
---
apiVersion: v1
kind: Secret
metadata:
  name: flux-orchestrator-token
  namespace: flux-system
  annotations:
    kubernetes.io/service-account.name: flux-orchestrator
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: flux-orchestrator
rules:
  - apiGroups:
${FLUX_GROUPS.map((group) => `      - ${group}`).join("\n")}
    resources: ["*"]
    verbs: [get, list, watch, patch]
  # What the Flux controllers tell of their objects; only theirs are asked for.
  - apiGroups: [""]
    resources: [events]
    verbs: [list, watch]
  # Which version of Flux is installed: a label of this one object.
  - apiGroups: [apiextensions.k8s.io]
    resources: [customresourcedefinitions]
    resourceNames: [gitrepositories.source.toolkit.fluxcd.io]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: flux-orchestrator
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: flux-orchestrator
subjects:
  - kind: ServiceAccount
    name: flux-orchestrator
    namespace: flux-system
---
# Whether the Flux controllers run; a ClusterRole where they run in other namespaces too.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: flux-orchestrator
  namespace: flux-system
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: flux-orchestrator
  namespace: flux-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: flux-orchestrator
subjects:
  - kind: ServiceAccount
    name: flux-orchestrator
    namespace: flux-system
`;

/** How to get from that manifest to the token. */
export const SERVICE_ACCOUNT_STEPS =
  "Use a ServiceAccount token instead: apply the manifest below with kubectl, read the token with `kubectl -n flux-system get secret flux-orchestrator-token -o jsonpath='{.data.token}' | base64 -d`, and put it into the user of this kubeconfig as `token:`.";
