interface Figures {
  total: number;
  ready: number;
  notReady: number;
  suspended: number;
}

const ALWAYS = {
  kustomizations: "Kustomization",
  helmReleases: "HelmRelease",
  gitRepositories: "GitRepository",
  helmRepositories: "HelmRepository",
};
/** Sources the original left out: there only where there are any, so that nobody meets a card of zeros. */
const WHERE_ANY = { ociRepositories: "OCIRepository", buckets: "Bucket", helmCharts: "HelmChart" };

/** Figures by kind under REST v1's names. */
export function toV1Stats(byKind: Record<string, Figures>): Record<string, Figures> {
  const none: Figures = { total: 0, ready: 0, notReady: 0, suspended: 0 };
  const always = Object.entries(ALWAYS).map(([key, kind]) => [key, byKind[kind] ?? none] as const);
  const present = Object.entries(WHERE_ANY).flatMap(([key, kind]) =>
    byKind[kind] === undefined ? [] : [[key, byKind[kind]] as const],
  );
  return Object.fromEntries([...always, ...present]);
}
