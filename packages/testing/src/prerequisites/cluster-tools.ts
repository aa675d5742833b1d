import { existsSync } from "node:fs";
import { join } from "node:path";
import { clusterToolsFolder } from "./cache-folder.ts";

export const CLUSTER_BINARIES = [
  "etcd",
  "kube-apiserver",
  "source-controller",
  "kustomize-controller",
  "helm-controller",
  "kube-controller-manager",
  "kwok",
  "notification-controller",
] as const;

export type ClusterBinary = (typeof CLUSTER_BINARIES)[number];

/** Found or not; `reason` is one sentence for a person. */
export type Found<Thing> = ({ readonly ok: true } & Thing) | { readonly ok: false; readonly reason: string };

export type ClusterTools<Binary extends ClusterBinary = ClusterBinary> = {
  /** Absolute paths. */
  readonly binaries: Readonly<Record<Binary, string>>;
};

/** Looks for binaries in `KUBEBUILDER_ASSETS` and in the cache, and builds nothing. */
export async function findClusterTools<Binary extends ClusterBinary>(
  wanted: readonly Binary[],
): Promise<Found<ClusterTools<Binary>>> {
  const found = wanted.map((binary) => [binary, findBinary(binary)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([binary]) => binary);
  if (missing.length > 0)
    return { ok: false, reason: `${missing.join(", ")} not found; \`bun run test\` builds or downloads them` };
  return { ok: true, binaries: Object.fromEntries(found) as Record<Binary, string> };
}

/** The folder of Flux's custom resource definitions, one YAML file each. */
export function findFluxCrds(): Found<{ readonly folder: string }> {
  const folder = join(clusterToolsFolder(), "crds");
  return existsSync(folder) ? { ok: true, folder } : { ok: false, reason: "Flux's CRDs not found" };
}

/** The stages by which kwok's nodes and pods become Ready, in one YAML file. */
export function findKwokStages(): Found<{ readonly file: string }> {
  const file = join(clusterToolsFolder(), "kwok-stages.yaml");
  return existsSync(file) ? { ok: true, file } : { ok: false, reason: "kwok's stages not found" };
}

export function findBinary(binary: ClusterBinary): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const folders = [...(assets ? [assets] : []), join(clusterToolsFolder(), "bin")];
  return folders.map((folder) => join(folder, binary)).find((path) => existsSync(path));
}
