import type { ResourceFilter, ResourceQuery, ResourceRow } from "@flux-orchestrator/contract";

/** Only A to Z match either case, as on the server. */
const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Fewer characters match only how a namespace or a name begins. */
const SUBSTRING_MIN = 3;
function speaksOf({ namespace, name, word, message }: ResourceRow, text: string): boolean {
  const full = fold(`${namespace}/${name}`);
  if ([...text].length < SUBSTRING_MIN) return full.startsWith(text) || full.includes(`/${text}`);
  return full.includes(text) || (word !== "Ready" && fold(message).includes(text));
}
function hasLabel(row: ResourceRow, selector: string): boolean {
  if (selector.startsWith("!")) return !hasLabel(row, selector.slice(1));
  const [key = "", value] = selector.split("=");
  return Object.hasOwn(row.labels, key) && (value === undefined || row.labels[key] === value);
}
const hasRevision = ({ revision }: ResourceRow, begin: string): boolean =>
  revision !== null && (revision.startsWith(begin) || (revision.split(":")[1] ?? "").startsWith(begin));

/** Whether a row matches what the server was asked for; the same rule, for rows that change while they are shown. */
export function matches(query: Pick<ResourceQuery, "not"> & ResourceFilter, row: ResourceRow): boolean {
  const { not, ...filter } = query;
  if (filter.text !== undefined && !speaksOf(row, fold(filter.text))) return false;
  const byKey = Map.groupBy(filter.label ?? [], (selector) => selector.split("=")[0]);
  if (![...byKey.values()].every((alternatives) => alternatives.some((selector) => hasLabel(row, selector))))
    return false;
  if (not?.label?.some((selector) => hasLabel(row, selector))) return false;
  const within = (side: ResourceFilter): boolean[] => [
    ...(side.kind === undefined ? [] : [(side.kind as string[]).includes(row.kind)]),
    ...(side.readiness === undefined ? [] : [side.readiness.includes(row.word)]),
    ...(side.namespace === undefined ? [] : [side.namespace.includes(row.namespace)]),
    ...(side.cluster === undefined
      ? []
      : [side.cluster.includes(row.clusterSlug) || side.cluster.includes(row.clusterId)]),
    ...(side.environment === undefined ? [] : [side.environment.includes(row.environment)]),
    ...(side.revision === undefined ? [] : [side.revision.some((begin) => hasRevision(row, begin))]),
  ];
  return within(filter).every(Boolean) && !within(not ?? {}).some(Boolean);
}
