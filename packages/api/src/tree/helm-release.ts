import { gunzipSync } from "node:zlib";
import { isRecord, type Json, type KubeObject, listOf, numberOf, recordOf, textOf } from "@flux-orchestrator/flux";
import { CORE_SCHEMA, loadAll, mergeTag } from "js-yaml";

/** Where Helm keeps what it last installed for a HelmRelease. */
export interface ReleaseRef {
  /** Of the Secret. */
  storageNamespace: string;
  /** The release's own: objects of it without a namespace are in this one. */
  namespace: string;
  name: string;
  version: number;
}

/** A field of a manifest may be anything; its place and kind are there. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

/**
 * The release a HelmRelease says that it made last, whatever became of it; null before the first.
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#history
 */
export function releaseOf(release: KubeObject): ReleaseRef | null {
  const { metadata } = release;
  const status = recordOf(release.status);
  const spec = recordOf(release.spec);
  const last = recordOf(listOf(status.history)[0]);
  const target = textOf(spec.targetNamespace);
  // Until helm-controller 0.37 there was no history.
  const version = numberOf(last.version) ?? numberOf(status.lastReleaseRevision);
  if (version === null || version < 1) return null;
  const own = metadata.namespace ?? "";
  const namespace = textOf(last.namespace) ?? target ?? own;
  const name = textOf(last.name) ?? textOf(spec.releaseName) ?? [target, metadata.name].filter(Boolean).join("-");
  return {
    storageNamespace: textOf(status.storageNamespace) ?? textOf(spec.storageNamespace) ?? own,
    namespace,
    name,
    version,
  };
}

/** Name of the Secret that holds a release. */
export const releaseSecretName = ({ name, version }: Pick<ReleaseRef, "name" | "version">): string =>
  `sh.helm.release.v1.${name}.v${version}`;

/** A Secret holds 1 MiB; text packs well. */
const RELEASE_MAX = 32 * 1024 * 1024;

/** The release in a Secret cannot be read. Says nothing of what is in it. */
export class UnreadableReleaseError extends Error {
  override readonly name = "UnreadableReleaseError";
}

/**
 * The objects of a release, hooks left out, as Helm rendered them. What is secret in them is in clear.
 * @throws UnreadableReleaseError
 */
export function manifestOf(secret: KubeObject): ManifestObject[] {
  const packed = textOf(recordOf(secret.data)["release"]);
  if (packed === null) throw new UnreadableReleaseError("the Secret holds no release");
  try {
    // Kubernetes' base64 around Helm's own.
    const stored = Buffer.from(Buffer.from(packed, "base64").toString("latin1"), "base64");
    const json = isGzip(stored) ? gunzipSync(stored, { maxOutputLength: RELEASE_MAX }) : stored;
    const { manifest } = recordOf(JSON.parse(json.toString("utf8")));
    return typeof manifest === "string" ? objectsIn(manifest) : [];
  } catch {
    // Whatever it is, the parsers' messages quote it.
    throw new UnreadableReleaseError("the release in the Secret cannot be read");
  }
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Anchors are rare in what charts render; many make little text into a great deal. */
const YAML = { schema: CORE_SCHEMA.withTags(mergeTag), maxAliases: 20, maxDepth: 64 };

const objectsIn = (manifest: string): ManifestObject[] =>
  loadAll(manifest, YAML)
    .flatMap((document) => (isRecord(document) && Array.isArray(document.items) ? document.items : [document]))
    .filter(isManifestObject);

const isManifestObject = (value: unknown): value is ManifestObject & Json =>
  isRecord(value) &&
  textOf(value.apiVersion) !== null &&
  textOf(value.kind) !== null &&
  textOf(recordOf(value.metadata).name) !== null;
