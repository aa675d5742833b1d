const SOURCES = new Set([
  "GitRepository",
  "OCIRepository",
  "HelmRepository",
  "HelmChart",
  "Bucket",
  "ExternalArtifact",
]);

/** What a suspend means for an object of this kind, in the words of the dialog. */
export function consequences(kind: string): string[] {
  if (SOURCES.has(kind)) {
    return [
      "No new revision is fetched. What depends on it keeps running on the artifact it has.",
      "The stored artifact stays.",
    ];
  }
  if (kind === "Kustomization" || kind === "HelmRelease" || kind === "ResourceSet") {
    return [
      "Objects already applied stay as they are. Drift is not corrected, health is not checked.",
      "Deleting it while suspended removes nothing from the cluster.",
    ];
  }
  if (kind === "Alert" || kind === "Provider" || kind === "Receiver")
    return ["Nothing is sent or received until it is resumed."];
  return ["Its controller leaves it alone until it is resumed."];
}
