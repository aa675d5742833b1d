import type { ResourceRef } from "@flux-orchestrator/contract";
import { kindOfPlural } from "../kind-names.ts";
import { pluralOf } from "../plural-of.ts";

/** `prod-eu-1/kustomizations/flux-system/apps`: an object inside a URL's query. */
export const peekAddress = (row: { clusterSlug: string; kind: string; namespace: string; name: string }): string =>
  [row.clusterSlug, pluralOf(row.kind), row.namespace, row.name].join("/");

/** Reads what `peekAddress` wrote; null when it names nothing Flux has. */
export function readPeekAddress(address: string | null): ResourceRef | null {
  const [cluster, plural, namespace, name, ...more] = (address ?? "").split("/");
  const kind = plural === undefined ? undefined : kindOfPlural(plural);
  if (!cluster || kind === undefined || !namespace || !name || more.length > 0) return null;
  return { cluster, kind, namespace, name };
}
