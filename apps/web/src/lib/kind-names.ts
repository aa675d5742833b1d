import { fluxKindOfPlural, type KIND_NAMES } from "@flux-orchestrator/flux";

export type KindName = (typeof KIND_NAMES)[number];

/** The kind of a URL's plural; undefined when Flux has none of that name. */
export const kindOfPlural = (plural: string): KindName | undefined => fluxKindOfPlural(plural.toLowerCase())?.kind;

/** `HelmReleases`, `GitRepositories`: the plural for people. */
export const pluralWords = (kind: string): string => (/[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`);
