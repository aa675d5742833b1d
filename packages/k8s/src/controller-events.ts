import { fluxKind } from "@flux-orchestrator/flux";
import type { CollectionPart, ServedKind } from "./discovery.ts";

/** Core Events, as every cluster serves them. */
export const EVENTS: ServedKind = {
  group: "",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
  verbs: ["list", "watch"],
};

/**
 * The Events of one controller. A field selector knows no "or", so a cluster has a stream for each of its controllers; the
 * Events of everything else are never asked for.
 */
export const eventsOf = (controller: string): CollectionPart => ({ fieldSelector: `source=${controller}` });

/** The controllers that a cluster with these kinds may run. */
export const controllersOf = (served: readonly Pick<ServedKind, "kind">[]): string[] => [
  ...new Set(served.flatMap(({ kind }) => fluxKind(kind)?.controller ?? [])),
];
