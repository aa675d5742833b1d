import { fluxKind, fluxKindOfPlural, type KIND_NAMES } from "@flux-orchestrator/flux";

export type KindName = (typeof KIND_NAMES)[number];

/** `GitRepository` → `gitrepositories`: what page URLs carry, as Kubernetes' own paths do. Another kind than Flux's has none. */
export const pluralOf = (kind: string): string => fluxKind(kind)?.plural ?? kind.toLowerCase();
/** The kind of a URL's plural; undefined when Flux has none of that name. */
export const kindOfPlural = (plural: string): KindName | undefined => fluxKindOfPlural(plural.toLowerCase())?.kind;

/** `HelmReleases`, `GitRepositories`: the plural for people. */
export const pluralWords = (kind: string): string => (/[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`);
