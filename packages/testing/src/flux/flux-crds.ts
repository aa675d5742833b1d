import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { KubeApiserver } from "../kubernetes/kube-apiserver.ts";
import { type KubeObject, kubeRequest } from "../kubernetes/kube-request.ts";
import { findFluxCrds } from "../prerequisites/cluster-tools.ts";
import { findExtraCrds } from "../prerequisites/extra-crds.ts";
import { until } from "../processes/until.ts";

/** What every way of installing Flux puts on its CRDs, and tells its version by; of the release the controllers are from. */
const LABELS = { "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.9.5" };

/** Installs every Flux kind (sources, Kustomization, HelmRelease, notifications) and waits until each is served. */
export async function installFluxCrds(apiserver: KubeApiserver): Promise<void> {
  const crds = findFluxCrds();
  if (!crds.ok) throw new Error(crds.reason);
  await installFolder(apiserver, crds.folder, LABELS);
}

/** Installs the kinds of the Flux Operator and of image automation, as far as this machine could get their CRDs. */
export async function installExtraCrds(apiserver: KubeApiserver): Promise<void> {
  await Promise.all(findExtraCrds().map((folder) => installFolder(apiserver, folder)));
}

async function installFolder(
  apiserver: KubeApiserver,
  folder: string,
  labels: Record<string, string> = {},
): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml"));
  const crds = await Promise.all(
    files.map(async (file) => {
      const crd = Bun.YAML.parse(await Bun.file(join(folder, file)).text()) as KubeObject;
      await installCrd(apiserver, {
        ...crd,
        metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, ...labels } },
      });
      return crd;
    }),
  );
  await until("discovery tells of every kind", async () => {
    const known = await discoveredKinds(apiserver);
    return crds.every(({ spec }) => known.has(`${spec.group}/${spec.names.kind}`));
  });
}

const DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** `<group>/<kind>` of all that discovery tells of: a busy API server serves a kind for seconds before it does. */
async function discoveredKinds(apiserver: KubeApiserver): Promise<Set<string>> {
  const { items } = await kubeRequest<{
    items: { metadata: { name: string }; versions: { resources: { responseKind: { kind: string } }[] }[] }[];
  }>(apiserver, "GET", "/apis", undefined, undefined, DISCOVERY);
  return new Set(
    items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ resources }) => resources.map(({ responseKind }) => `${metadata.name}/${responseKind.kind}`)),
    ),
  );
}

async function installCrd(apiserver: KubeApiserver, crd: KubeObject): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}?fieldManager=flux&force=true`;
  await kubeRequest(apiserver, "PATCH", path, crd, "application/apply-patch+yaml");
  const { group, names, versions } = crd.spec;
  for (const version of versions.filter(({ served }: { served: boolean }) => served)) {
    const collection = `/apis/${group}/${version.name}/${names.plural}?limit=1`;
    await until(`${collection} is served`, async () => Boolean(await kubeRequest(apiserver, "GET", collection)));
  }
}
