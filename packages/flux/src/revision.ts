import { type KubeObject, listOf, recordOf, textOf } from "./object.ts";

/** The revision an object has: stored by a source, applied by an applier; as `flux get` shows it, uncut. */
export function revisionOf(object: KubeObject): string | null {
  const status = recordOf(object.status);
  switch (object.kind) {
    case "Kustomization":
    case "FluxInstance":
    case "ResourceSet":
      return textOf(status.lastAppliedRevision);
    case "HelmRelease":
      return (
        textOf(recordOf(listOf(status.history)[0]).chartVersion) ??
        textOf(status.lastAppliedRevision) ??
        textOf(status.lastAttemptedRevision)
      );
    case "ImagePolicy": {
      const latest = recordOf(status.latestRef);
      return textOf(latest.tag) === null ? textOf(status.latestImage) : `${latest.name}:${latest.tag}`;
    }
    case "ImageUpdateAutomation":
      return textOf(status.lastAutomationRunTime);
    default:
      return textOf(recordOf(status.artifact).revision);
  }
}

/** The revision an applier last tried; null where that is not told apart. */
export const attemptedRevisionOf = (object: KubeObject): string | null =>
  textOf(recordOf(object.status).lastAttemptedRevision);

/** What was really applied: unlike `revisionOf`, a HelmRelease without history has applied nothing. */
export function appliedRevisionOf(object: KubeObject): string | null {
  if (object.kind !== "HelmRelease") return revisionOf(object);
  const status = recordOf(object.status);
  return textOf(recordOf(listOf(status.history)[0]).chartVersion) ?? textOf(status.lastAppliedRevision);
}

/**
 * Hashes cut for reading, as Flux cuts them: `main@sha1:4f0c2d1e…` becomes `main@sha1:4f0c2d1e`, `6.6.1+<digest>` stays whole.
 */
export const shortRevision = (revision: string): string =>
  revision
    .replace(/\b(sha1|sha256|sha384|sha512):([0-9a-f]{8})[0-9a-f]+/g, "$1:$2")
    .replace(/\/([0-9a-f]{8})[0-9a-f]{32}$/, "/$1");

/** Whether an applier has not yet applied what its source holds. The old form `main/<sha>` equals `main@sha1:<sha>`. */
export function isBehind(applied: string | null, sourceRevision: string | null): boolean {
  if (applied === null || sourceRevision === null) return false;
  return canonical(applied) !== canonical(sourceRevision);
}
const canonical = (revision: string) => revision.replace(/^(.*)\/([0-9a-f]{40})$/, "$1@sha1:$2");
