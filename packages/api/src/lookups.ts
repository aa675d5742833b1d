import type { ReconcileRun } from "@flux-orchestrator/contract";
import { Gathered, type Sql } from "@flux-orchestrator/db";
import { type ClusterRecord, findClusters } from "./cluster/cluster-record.ts";
import { type Request, runsOf } from "./resource/runs.ts";

/** What operations look up by key: those under way at the same moment ask together. Nothing is remembered. One per process. */
export class Lookups {
  readonly #clusters: Gathered<string, ClusterRecord | undefined>;
  readonly #runs: Gathered<Request, ReconcileRun | undefined>;

  constructor(sql: Sql) {
    this.#clusters = new Gathered((keys) => findClusters(sql, keys));
    this.#runs = new Gathered((requests) => runsOf(sql, requests));
  }

  /** A registered cluster, by id or slug. */
  cluster(key: string): Promise<ClusterRecord | undefined> {
    return this.#clusters.add(key);
  }

  /** The run that a request made, where it is known. */
  run(request: Request): Promise<ReconcileRun | undefined> {
    return this.#runs.add(request);
  }
}
