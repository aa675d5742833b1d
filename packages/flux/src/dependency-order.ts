/** Kinds that others depend on come first: sources, what is made of them, what applies it, what only looks on. */
const STEPS: readonly (readonly string[])[] = [
  ["FluxInstance"],
  ["GitRepository", "OCIRepository", "Bucket", "HelmRepository", "ImageRepository", "ResourceSetInputProvider"],
  ["HelmChart", "ArtifactGenerator", "ImagePolicy"],
  ["ExternalArtifact"],
  ["ResourceSet"],
  ["Kustomization"],
  ["HelmRelease"],
];
const stepOf = new Map(STEPS.flatMap((kinds, step) => kinds.map((kind) => [kind, step])));

/** Where a kind stands in the order of dependency; smaller comes first. */
export const dependencyOrder = (kind: string): number => stepOf.get(kind) ?? STEPS.length;
