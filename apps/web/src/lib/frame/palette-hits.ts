import type { Cluster, ResourceRow } from "@flux-orchestrator/contract";
import type { IconName } from "../ui/shapes.ts";
import { PLACES, SETTINGS } from "./places.ts";

/** One line of the palette: it leads somewhere or does something. */
export interface Hit {
  id: string;
  icon: IconName;
  words: string;
  note: string;
  href?: string;
  run?: () => void;
}
interface Known {
  clusters: readonly Cluster[];
  /** What the server found for the text. */
  objects: readonly ResourceRow[];
  actions: readonly Hit[];
  clusterHref(slug: string): string;
  objectHref(row: ResourceRow): string;
  queryHref(query: string): string;
}
const CLUSTERS_MAX = 5;

/** What the palette offers for a text: `>` actions, a query as such, else objects, clusters and places. */
export function hitsFor(text: string, known: Known): Hit[] {
  const typed = text.trim();
  const has = (words: string) => words.toLowerCase().includes(typed.toLowerCase());
  if (typed.startsWith(">")) {
    const action = typed.slice(1).trim().toLowerCase();
    return known.actions.filter((hit) => hit.words.toLowerCase().includes(action));
  }
  const places: Hit[] = [...PLACES, SETTINGS]
    .filter((place) => typed === "" || has(place.words))
    .map((place) => ({
      id: place.href,
      icon: place.icon,
      words: place.words,
      note: `g ${place.key}`,
      href: place.href,
    }));
  if (typed === "") return places;
  const query: Hit = { id: "query", icon: "filter", words: typed, note: "query", href: known.queryHref(typed) };
  const objects: Hit[] = known.objects.map((row) => ({
    id: row.id,
    icon: "list",
    words: `${row.kind} ${row.namespace}/${row.name}`,
    note: `${row.clusterName}, ${row.word}`,
    href: known.objectHref(row),
  }));
  const clusters: Hit[] = known.clusters
    .filter((cluster) => has(cluster.name) || has(cluster.slug))
    .slice(0, CLUSTERS_MAX)
    .map((cluster) => ({
      id: cluster.id,
      icon: "cluster",
      words: cluster.name,
      note: cluster.environment || "cluster",
      href: known.clusterHref(cluster.slug),
    }));
  const isQuery = /^-?[a-z]+:/i.test(typed);
  const rest = [...clusters, ...objects, ...places, ...known.actions.filter((hit) => has(hit.words))];
  return isQuery ? [query, ...rest] : [...rest, query];
}
