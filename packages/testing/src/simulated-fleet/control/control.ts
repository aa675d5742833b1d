import { stamping } from "../objects/slots.ts";
import type { FaultSettings } from "../server/faults.ts";
import type { HistoryEntry } from "../simulated-cluster.ts";
import type { SimulatedFleet } from "../start-simulated-fleet.ts";

/** What can be done with one cluster: docs at SimulatedCluster, which does it. */
export interface ClusterControl {
  setFaults(settings: FaultSettings): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  reset(): void;
  forgetConnections(): void;
  compact(goneAs?: "event" | "answer"): void;
  removeKind(kind: string): void;
  restoreKind(kind: string): void;
  sendGarbage(kind: string, form: "broken JSON" | "no name" | "no object" | "cut off"): void;
  inflate(kind: string, at: { namespace: string; name: string }, bytes: number): void;
  remove(kind: string, at: { namespace: string; name: string }): void;
  replace(kind: string, at: { namespace: string; name: string }): void;
  burst(events: number): void;
  setController(name: string, available: boolean): void;
  history(after?: number): HistoryEntry[];
  truth(kind: string): HistoryEntry[];
  requests(): Record<string, number>;
}

/** What the simulator itself costs, and how far it is. */
export interface FleetFigures {
  readonly rssBytes: number;
  /** Processor time since the start, milliseconds. */
  readonly cpuMs: number;
  /** Writes to Flux objects since the start. */
  readonly writes: number;
  /** Watches that are open. */
  readonly watches: number;
}

/** One cluster, as a client needs it. */
export interface ClusterAddress {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** What can be done with the fleet as a whole. */
export interface FleetControl {
  clusters(): ClusterAddress[];
  /** Writes to Flux objects per second in the whole fleet. */
  setRate(rate: number): void;
  /** Whether objects carry the annotation `simulated-fleet/emitted-at`. */
  setStamping(on: boolean): void;
  figures(): FleetFigures;
}

/** The names are looked up here, so that a request reaches nothing else. */
export const CLUSTER_CONTROLS = [
  ...[
    "setFaults",
    "stop",
    "start",
    "reset",
    "forgetConnections",
    "compact",
    "removeKind",
    "restoreKind",
    "sendGarbage",
  ],
  ...["inflate", "remove", "replace", "burst", "setController", "history", "truth", "requests"],
] as readonly (keyof ClusterControl)[];
export const FLEET_CONTROLS: readonly (keyof FleetControl)[] = ["clusters", "setRate", "setStamping", "figures"];

export function fleetControl(fleet: SimulatedFleet): FleetControl {
  return {
    clusters: () => fleet.clusters.map(({ name, server, ca, token }) => ({ name, server, ca, token })),
    setRate: (rate) => {
      fleet.life.rate = rate;
    },
    setStamping: (on) => {
      stamping.on = on;
    },
    figures: () => {
      const { user, system } = process.cpuUsage();
      return {
        rssBytes: process.memoryUsage.rss(),
        cpuMs: (user + system) / 1000,
        writes: fleet.life.writes,
        watches: fleet.clusters.reduce((sum, { api }) => sum + api.watches.size, 0),
      };
    },
  };
}
