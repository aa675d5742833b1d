import { KIND_NAMES } from "@flux-orchestrator/flux";

export type KindName = (typeof KIND_NAMES)[number];

/** `GitRepository` → `gitrepositories`: what page URLs carry, as Kubernetes' own paths do. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith("s") ? `${lower}es` : `${lower}s`;
}

const BY_PLURAL = new Map<string, KindName>(KIND_NAMES.map((kind) => [pluralOf(kind), kind]));
/** The kind of a URL's plural; undefined when Flux has none of that name. */
export const kindOfPlural = (plural: string): KindName | undefined => BY_PLURAL.get(plural.toLowerCase());

/** `HelmReleases`, `GitRepositories`: the plural for people. */
export const pluralWords = (kind: string): string => (/[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`);
