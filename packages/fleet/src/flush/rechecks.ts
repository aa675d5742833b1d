import type { Database, ResourceKey } from "@flux-orchestrator/db";
import type { FleetLog } from "../log.ts";
import type { Flusher } from "./flusher.ts";

const EVERY_MS = 1_000;
const ROWS_MAX = 500;

export interface RecheckOptions {
  database: Database;
  flusher: Flusher;
  /** Clusters of ours whose rows are what the cluster has now: what time makes of old rows would be invented. */
  clusterIds: () => string[];
  now: () => number;
}

/** Looks again at the objects whose word time alone may change. Resolves once they are stored. */
export async function lookAgain({ database, flusher, clusterIds, now }: RecheckOptions): Promise<void> {
  const due = await database.sql<ResourceKey[]>`
    select cluster_id::text as "clusterId", "group", kind, namespace, name from flux_resources
    where recheck_at <= ${new Date(now())} and cluster_id = any(${clusterIds()}::uuid[]) order by recheck_at limit ${ROWS_MAX}`;
  for (const key of due) await flusher.put({ change: "recheck", key: { ...key } });
  // Until these are stored they would be found again.
  if (due.length > 0) await flusher.settled();
}

/** Does so every second. Returns what ends it; that resolves once the last look is over. */
export function startRechecks(options: RecheckOptions & { log: FleetLog }): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= lookAgain(options)
      .catch((error: unknown) => options.log.warn({ err: error }, "due objects could not be read"))
      .finally(() => {
        running = undefined;
      });
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
