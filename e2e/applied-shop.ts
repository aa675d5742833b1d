import {
  createObject,
  type FakeKubelet,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  patchStatus,
  startFakeKubelet,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { type Product, startProduct } from "./product.ts";

/** A cluster where a Kustomization has applied a shop, without a controller that would change anything, and the product on it. */
export interface AppliedShop extends AsyncDisposable {
  apiserver: KubeApiserver;
  kubelet: FakeKubelet;
  product: Product;
  /** Page of the Kustomization. */
  page: string;
}

export const NAMESPACE = "shop";
const KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1";
const AT = "2026-01-02T03:04:05Z";
const ready = (message: string) => ({
  ...{ type: "Ready", status: "True", reason: "ReconciliationSucceeded", message },
  ...{ lastTransitionTime: AT, observedGeneration: 1 },
});

export async function startAppliedShop(): Promise<AppliedShop> {
  await using started = new AsyncDisposableStack();
  const apiserver = started.use(await startKubeApiserver({ name: "shop-eu" }));
  await installFluxCrds(apiserver);
  const kubelet = started.use(await startFakeKubelet(apiserver));
  await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await createObject(apiserver, object("v1", "ServiceAccount", "default"));
  for (const name of ["shop", "empty"]) {
    const kustomization = object(KUSTOMIZE, "Kustomization", name, {
      interval: "10m",
      prune: true,
      path: "./shop",
      sourceRef: { kind: "GitRepository", name: "fleet" },
    });
    await createObject(apiserver, kustomization);
    const entries = name === "empty" ? [] : INVENTORY.map((id) => ({ id, v: "v1" }));
    await patchStatus(apiserver, kustomization, {
      ...{ observedGeneration: 1, lastAppliedRevision: "main@sha1:4f0c2d1e9b4f0c2d1e9b4f0c2d1e9b4f0c2d1e9b" },
      ...{ conditions: [ready("Applied revision: main@sha1:4f0c2d1e")], inventory: { entries } },
    });
  }
  await createObject(apiserver, { ...object("v1", "ConfigMap", "settings"), data: { mode: "plain" } });
  for (const name of PODS) {
    const pod = object("v1", "Pod", name, {
      nodeName: kubelet.nodeName,
      containers: ["app", "proxy"].map((container) => ({ name: container, image: `registry.example/${container}:1` })),
    });
    await createObject(apiserver, pod);
    await patchStatus(apiserver, pod, { phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
  }
  const product = started.use(await startProduct({ kubeconfig: apiserver.kubeconfigPath }));
  const registered = await fetch(`${product.url}/trpc/kubeconfig.importLocal`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ contexts: [{ context: "shop-eu", environment: "production" }] }),
  });
  if (!registered.ok) throw new Error(await registered.text());
  const ref = { cluster: "shop-eu", kind: "Kustomization", namespace: NAMESPACE, name: "shop" };
  await until("the Kustomization is there", async () => {
    const input = encodeURIComponent(JSON.stringify(ref));
    return (await fetch(`${product.url}/trpc/resource.get?input=${input}`)).ok;
  });
  const owned = started.move();
  return {
    ...{ apiserver, kubelet, product, page: `${product.url}/clusters/shop-eu/kustomizations/${NAMESPACE}/shop` },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const PODS = ["web-0", "web-1"];
/** `gone` is not in the cluster. */
const INVENTORY = [
  ...PODS.map((name) => `${NAMESPACE}_${name}__Pod`),
  `${NAMESPACE}_settings__ConfigMap`,
  `${NAMESPACE}_gone__ConfigMap`,
];

const object = (apiVersion: string, kind: string, name: string, spec?: object): KubeObject => ({
  ...{ apiVersion, kind, metadata: { namespace: NAMESPACE, name } },
  ...(spec === undefined ? {} : { spec }),
});
