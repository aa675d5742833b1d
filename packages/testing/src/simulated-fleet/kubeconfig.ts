import type { ClusterAddress } from "./control/control.ts";

/** A kubeconfig, as JSON, with a context for each cluster, called as the cluster is. */
export function simulatedKubeconfig(clusters: readonly ClusterAddress[]): string {
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": clusters[0]?.name ?? "" },
    clusters: clusters.map(({ name, server, ca }) => ({
      name,
      cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  });
}
