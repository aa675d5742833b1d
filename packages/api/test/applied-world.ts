import {
  createNamespace,
  createObject,
  type FluxCluster,
  type KubeObject,
  untilReady,
} from "@flux-orchestrator/testing";
import { helmRepository, kustomization } from "./manifests.ts";

/** What Flux applied to one namespace of a real cluster. */
export interface AppliedWorld {
  readonly namespace: string;
  /** Applies the others: a Deployment, a ConfigMap, a Secret, a ClusterRole, the Kustomization `child` and the HelmRelease. */
  readonly app: KubeObject;
  /** Of a chart with a Deployment, a ConfigMap, a Secret and a hook. */
  readonly release: KubeObject;
}

/** Values that no answer may hold. */
export const SECRET_MARK = "q7mark5z";

/** Commits, publishes and applies everything, and waits until it is Ready. */
export async function applyWorld(flux: FluxCluster): Promise<AppliedWorld> {
  const { apiserver, git, helm } = flux;
  const namespace = await createNamespace(apiserver, "world");
  await helm.publish({
    name: "greeter",
    version: "1.0.0",
    templates: {
      "deployment.yaml": deployment("greeter", "{{ .Release.Name }}"),
      "map.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  greeting: {{ .Values.greeting }}\n",
      "secret.yaml": `apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\nstringData:\n  password: ${SECRET_MARK}-chart\n`,
      "hook.yaml":
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n  annotations:\n    "helm.sh/hook": post-install\ndata: {}\n',
    },
    values: { greeting: "hello" },
  });
  await createObject(apiserver, helmRepository({ namespace, name: "charts" }, { url: helm.url }));
  await git.commit(namespace, {
    "app/deployment.yaml": deployment("web", "web"),
    "app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  color: blue\n",
    "app/secret.yaml": `apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  password: ${SECRET_MARK}-git\n`,
    "app/role.yaml": `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: "system:${namespace}"\nrules: []\n`,
    "app/child.yaml": JSON.stringify(
      kustomization(
        { namespace, name: "child" },
        { path: "./child", interval: "1h", sourceRef: { kind: "GitRepository", name: "all" } },
      ),
    ),
    "app/release.yaml": JSON.stringify(RELEASE(namespace)),
    "child/map.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n  namespace: ${namespace}\ndata: {}\n`,
  });
  await createObject(apiserver, {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "all", namespace },
    spec: { interval: "1h", url: git.url(namespace), ref: { branch: "main" } },
  });
  const app = await createObject(
    apiserver,
    kustomization(
      { namespace, name: "app" },
      {
        path: "./app",
        interval: "1h",
        wait: true,
        targetNamespace: namespace,
        sourceRef: { kind: "GitRepository", name: "all" },
      },
    ),
  );
  return { namespace, app: await untilReady(apiserver, app), release: await untilReady(apiserver, RELEASE(namespace)) };
}

const RELEASE = (namespace: string): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { namespace, name: "greeter" },
  spec: {
    interval: "1h",
    chart: { spec: { chart: "greeter", sourceRef: { kind: "HelmRepository", name: "charts" } } },
    values: { greeting: `${SECRET_MARK}-values` },
  },
});

const deployment = (app: string, name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels: { app: ${app} }
  template:
    metadata:
      labels: { app: ${app} }
    spec:
      containers:
        - name: main
          image: registry.example/${app}:1
          resources:
            requests: { cpu: 0.1, memory: 1024Mi }
`;
