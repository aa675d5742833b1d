import { isRecord, type KubeObject, recordOf, textOf } from "./object.ts";

/**
 * The other cluster a Kustomization or HelmRelease applies to, as `the cluster of Secret prod-kubeconfig`; null when it is
 * the one it stands in. What it applied is not to be looked for here.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#remote-clusters
 */
export function remoteClusterOf(object: KubeObject): string | null {
  const { kubeConfig } = recordOf(object.spec);
  if (!isRecord(kubeConfig)) return null;
  for (const [field, kind] of [
    ["secretRef", "Secret"],
    ["configMapRef", "ConfigMap"],
  ] as const) {
    const name = textOf(recordOf(kubeConfig[field]).name);
    if (name !== null) return `the cluster of ${kind} ${name}`;
  }
  return "another cluster, by spec.kubeConfig";
}
