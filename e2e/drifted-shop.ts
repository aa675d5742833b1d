import { gzipSync } from "node:zlib";
import { type KubeObject, kubeRequest, objectPath, patchStatus, until } from "@flux-orchestrator/testing";
import { type AppliedShop, NAMESPACE, startAppliedShop } from "./applied-shop.ts";

/**
 * The shop, with a Kustomization `store` and a HelmRelease `cache` that applied a Deployment and a ConfigMap each, and somebody who changed
 * some of it with kubectl.
 */
export interface DriftedShop extends AppliedShop {
  /** Page of an object of the namespace. */
  pageOf(plural: string, name: string): string;
}

const AT = "2026-01-02T03:04:05Z";
const EDITOR = "kubectl-edit";

export async function startDriftedShop(): Promise<DriftedShop> {
  await using started = new AsyncDisposableStack();
  const shop = started.use(await startAppliedShop());
  const { apiserver, product } = shop;
  /** Server-side apply under this field manager. */
  const applyAs = (manager: string, object: KubeObject) =>
    kubeRequest(
      apiserver,
      "PATCH",
      `${objectPath(object)}?fieldManager=${manager}&force=true`,
      object,
      "application/apply-patch+yaml",
    );

  const store = labelled("Kustomization", "store");
  await applyAs("kustomize-controller", deployment("store", store, 2));
  await applyAs("kustomize-controller", configMap("store", store, { color: "blue" }));
  const kustomization: KubeObject = {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace: NAMESPACE, name: "store" },
    spec: {
      ...{ interval: "10m", prune: true, path: "./store", sourceRef: { kind: "GitRepository", name: "fleet" } },
      postBuild: { substitute: { password: "hunter2-hunter2" } },
    },
  };
  await applyAs("kubectl", kustomization);
  await patchStatus(apiserver, kustomization, {
    ...{ observedGeneration: 1, lastAppliedRevision: "main@sha1:4f0c2d1e9b4f0c2d1e9b4f0c2d1e9b4f0c2d1e9b" },
    conditions: [ready("ReconciliationSucceeded", "Applied revision: main@sha1:4f0c2d1e")],
    inventory: {
      entries: ["store_apps_Deployment", "store__ConfigMap", "store__Secret", "gone__ConfigMap"].map((id) => ({
        id: `${NAMESPACE}_${id}`,
        v: "v1",
      })),
    },
  });

  const cache = labelled("HelmRelease", "cache");
  const manifest = [
    deployment("cache", cache, 1),
    configMap("cache", cache, { "redis.conf": REDIS.join("\n"), mode: "plain" }),
    { apiVersion: "v1", kind: "Secret", metadata: meta("cache", cache), stringData: { password: "hunter2-hunter2" } },
  ];
  for (const object of manifest) await applyAs("helm-controller", object);
  const release: KubeObject = {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { namespace: NAMESPACE, name: "cache" },
    spec: {
      interval: "10m",
      chart: { spec: { chart: "cache", sourceRef: { kind: "HelmRepository", name: "charts" } } },
      values: { password: "hunter2-hunter2", replicas: 1 },
    },
  };
  await applyAs("kubectl", release);
  await patchStatus(apiserver, release, {
    ...{ observedGeneration: 1, storageNamespace: NAMESPACE },
    conditions: [ready("InstallSucceeded", "Helm install succeeded for release shop/cache.v1 with chart cache@1.2.3")],
    history: [
      {
        ...{
          name: "cache",
          namespace: NAMESPACE,
          version: 1,
          status: "deployed",
          chartName: "cache",
          chartVersion: "1.2.3",
        },
        ...{ digest: "sha256:0", configDigest: "sha256:0", firstDeployed: AT, lastDeployed: AT },
      },
    ],
  });
  const packed = gzipSync(
    JSON.stringify({ manifest: manifest.map((object) => `---\n${JSON.stringify(object)}\n`).join("") }),
  );
  await applyAs("helm-controller", {
    ...{ apiVersion: "v1", kind: "Secret", type: "helm.sh/release.v1" },
    metadata: { namespace: NAMESPACE, name: "sh.helm.release.v1.cache.v1" },
    // Kubernetes' base64 around Helm's own.
    data: { release: Buffer.from(packed.toString("base64")).toString("base64") },
  } as KubeObject);

  const edit = (object: KubeObject, patch: object) =>
    kubeRequest(apiserver, "PATCH", `${objectPath(object)}?fieldManager=${EDITOR}`, patch);
  await edit(deployment("store", store, 2), { spec: { replicas: 5 } });
  await edit(deployment("cache", cache, 1), { spec: { replicas: 4 }, metadata: { annotations: { why: "more load" } } });
  await edit(configMap("cache", cache, {}), {
    data: { "redis.conf": REDIS.with(10, "maxmemory 2gb").join("\n"), mode: null },
  });

  for (const ref of [
    { kind: "Kustomization", name: "store" },
    { kind: "HelmRelease", name: "cache" },
  ])
    await until(`${ref.kind} ${ref.name} is there`, async () => {
      const input = encodeURIComponent(JSON.stringify({ cluster: "shop-eu", namespace: NAMESPACE, ...ref }));
      return (await fetch(`${product.url}/trpc/resource.get?input=${input}`)).ok;
    });
  const owned = started.move();
  return {
    ...shop,
    pageOf: (plural, name) => `${product.url}/clusters/shop-eu/${plural}/${NAMESPACE}/${name}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const REDIS = Array.from({ length: 24 }, (_, at) => (at === 10 ? "maxmemory 1gb" : `setting-${at} yes`));
const ready = (reason: string, message: string) => ({
  ...{ type: "Ready", status: "True", reason, message, lastTransitionTime: AT, observedGeneration: 1 },
});
const meta = (name: string, labels: Record<string, string>) => ({ namespace: NAMESPACE, name, labels });
/** By which Flux finds out who applied an object. */
const labelled = (kind: "Kustomization" | "HelmRelease", name: string): Record<string, string> => {
  const prefix = kind === "Kustomization" ? "kustomize" : "helm";
  return { [`${prefix}.toolkit.fluxcd.io/name`]: name, [`${prefix}.toolkit.fluxcd.io/namespace`]: NAMESPACE };
};
const configMap = (name: string, labels: Record<string, string>, data: Record<string, string>): KubeObject => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: meta(name, labels) },
  data,
});
const deployment = (name: string, labels: Record<string, string>, replicas: number): KubeObject => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: meta(name, labels) },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: `registry.example/${name}:1` }] },
    },
  },
});
