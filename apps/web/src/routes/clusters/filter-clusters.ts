import type { Cluster } from "@flux-orchestrator/contract";

/** `env:staging`, `flux:2.8`, `k8s:1.35`, `tier=gold` and words of the name; all must match. */
export function filterClusters(clusters: readonly Cluster[], text: string): Cluster[] {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  return clusters.filter((cluster) => terms.every((term) => matchesTerm(cluster, term)));
}

function matchesTerm(cluster: Cluster, term: string): boolean {
  const field = /^(env|environment|flux|k8s|kubernetes):(.*)$/.exec(term);
  if (field !== null) {
    const value = field[2] ?? "";
    if (field[1]?.startsWith("env")) return cluster.environment.toLowerCase().startsWith(value);
    if (field[1] === "flux") return (cluster.fluxVersion ?? "").replace(/^v/, "").startsWith(value);
    return (cluster.kubernetesVersion ?? "").replace(/^v/, "").startsWith(value);
  }
  const label = /^(?:label:)?([^=]+)=(.*)$/.exec(term);
  if (label !== null)
    return Object.entries(cluster.labels).some(
      ([key, value]) => key.toLowerCase() === label[1] && value.toLowerCase().startsWith(label[2] ?? ""),
    );
  return (
    cluster.name.toLowerCase().includes(term) ||
    cluster.slug.includes(term) ||
    cluster.server.toLowerCase().includes(term)
  );
}
