import type { ClusterLife } from "../life/cluster-life.ts";
import type { FleetLife } from "../life/fleet-life.ts";
import type { ClusterStore } from "../objects/cluster-store.ts";
import type { StoredObject } from "../objects/revision.ts";
import type { Faults } from "./faults.ts";
import type { OpenLists } from "./pages.ts";
import type { ServedResource } from "./served-resources.ts";

/** Who a token belongs to, and whether that one may do anything. */
export interface Identity {
  readonly user: string;
  readonly mayAll: boolean;
}

/** One simulated cluster, as the parts of its API server see it. */
export interface Cluster {
  readonly name: string;
  readonly store: ClusterStore;
  readonly life: ClusterLife;
  readonly fleetLife: FleetLife;
  readonly openLists: OpenLists;
  readonly faults: Faults;
  readonly identities: ReadonlyMap<string, Identity>;
  /** Kinds that were taken away. */
  readonly absent: Set<ServedResource>;
  /** How a version that is gone is told: with an answer of status 200 and an event in it, or with status 410. */
  goneAs: "event" | "answer";
  /** Seconds between two bookmarks of a watch. */
  readonly bookmarkSeconds: number;
  /** How often each verb was asked for. */
  readonly requests: Map<string, number>;
  newObject(design: StoredObject["design"]): StoredObject;
  now(): number;
}
