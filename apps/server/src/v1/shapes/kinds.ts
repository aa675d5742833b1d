import { DomainError, FluxKindName } from "@flux-orchestrator/contract";

/** Without `kind` lists hold these: the four of the original and the sources it left out. */
export const LISTED: readonly string[] = [
  "Kustomization",
  "HelmRelease",
  "GitRepository",
  "HelmRepository",
  "OCIRepository",
  "Bucket",
  "HelmChart",
];

/**
 * Kinds a list is narrowed to by `kind`, once or repeated. A kind that is not Flux's has no objects, so it narrows to
 * nothing.
 * @throws DomainError KIND_NOT_SUPPORTED for what is no name of a kind at all
 */
export function kindsOf(query: URLSearchParams): string[] {
  const asked = query.getAll("kind").filter((kind) => kind !== "");
  if (asked.length === 0) return [...LISTED];
  if (!asked.every((kind) => /^[A-Za-z][A-Za-z0-9]{0,62}$/.test(kind)))
    throw new DomainError("KIND_NOT_SUPPORTED", "kind: is not the name of a Kubernetes kind.");
  return asked.filter((kind) => FluxKindName.safeParse(kind).success);
}
