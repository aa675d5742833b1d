/**
 * `GitRepository` → `gitrepositories`: what page URLs carry, as Kubernetes' own paths do. By rule, since the first page
 * loads no table of kinds; the test holds it against every kind there is.
 */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith("s") ? `${lower}es` : `${lower}s`;
}
