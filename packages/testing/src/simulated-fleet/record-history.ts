import type { Json } from "./objects/json.ts";
import type { Revision } from "./objects/revision.ts";
import { SERVED_RESOURCES } from "./server/served-resources.ts";
import { entryOf, type HistoryEntry } from "./simulated-cluster.ts";
import type { SimulatedFleet } from "./start-simulated-fleet.ts";

/** One true state of an object. */
export interface RecordedState extends HistoryEntry {
  /** The object as it then was; of one that was deleted, as it last was. */
  object(): Json;
}

/** Everything that truly happened to the Flux objects of a fleet since the recording began, compacted or not. */
export interface RecordedHistory {
  /** The states of one cluster, in order; what was there at the beginning comes first. */
  of(cluster: string): readonly RecordedState[];
  stop(): void;
}

const FLUX = SERVED_RESOURCES.filter(({ group }) => group.includes("fluxcd"));

/** Writes down what happens in a fleet of this process, from now on. */
export function recordHistory(fleet: SimulatedFleet): RecordedHistory {
  const stops: (() => void)[] = [];
  const clusters = new Map<string, RecordedState[]>();
  for (const { name, cluster } of fleet.clusters) {
    const states: RecordedState[] = FLUX.flatMap((resource) =>
      cluster.store.objects(resource).map(({ latest }) => stateOf(latest)),
    );
    clusters.set(name, states);
    for (const resource of FLUX)
      stops.push(cluster.store.follow(resource, (revision) => void states.push(stateOf(revision))));
  }
  return {
    of(cluster) {
      const states = clusters.get(cluster);
      if (states === undefined) throw new Error(`there is no simulated cluster ${cluster}`);
      return states;
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

const stateOf = (revision: Revision): RecordedState => ({ ...entryOf(revision), object: () => revision.json() });
