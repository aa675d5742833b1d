import type { FleetMetrics } from "@flux-orchestrator/fleet";
import type { Counter } from "prom-client";
import type { Made } from "./registry.ts";

/** Counts what the fleet tells. Series of a cluster end with it. */
export function fleetMetrics({ counter, histogram }: Made): FleetMetrics {
  const events = counter("events_total", "Events of watches, by what moved in the object.", ["kind", "class"]);
  const listed = counter("listed_objects_total", "Objects that came in lists.", ["kind"]);
  const relists = counter("relists_total", "Lists of one kind that were completed, by why they were needed.", [
    "cluster_id",
    "reason",
  ]);
  const syncErrors = counter("sync_errors_total", "Lists, watches and connections that failed, by error code.", [
    "cluster_id",
    "error_type",
  ]);
  const syncDuration = histogram("sync_duration_seconds", "Listing one cluster whole, until its rows are stored.", {
    buckets: [1, 5, 10, 30, 60, 120, 300],
  });
  const flushDuration = histogram("flush_duration_seconds", "Transactions that store changes, failed ones included.");
  const flushChanges = histogram("flush_changes", "Changes that share a transaction.", {
    buckets: [1, 5, 10, 25, 50, 100, 250, 500],
  });
  const rows = counter("flush_rows_total", "Rows of objects written or deleted.");
  const failures = counter("flush_failures_total", "Transactions that stored nothing; what they held is tried again.");
  const leftOut = counter("objects_left_out_total", "Objects that cannot be read or stored, once for each try.", [
    "reason",
  ]);
  const feedLag = histogram(
    "feed_lag_seconds",
    "From the begin of a transaction to telling its changes to this process, the oldest of each batch.",
    { buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
  );
  const corrected = counter("counters_corrected_total", "Counters of objects that differed from the rows: a bug.");
  const reconciliations = counter("reconciliations_total", "Reconciles asked for here that ended, by their outcome.", [
    "cluster_id",
    "kind",
    "status",
  ]);
  // Known from the start: an alert sees the first one as an increase.
  for (const reason of ["unreadable", "unstorable"]) leftOut.inc({ reason }, 0);
  return {
    event: (kind, change) => events.inc({ kind, class: change }),
    listed: (kind, count) => listed.inc({ kind }, count),
    relist: (clusterId, reason) => relists.inc({ cluster_id: clusterId, reason }),
    syncError: (clusterId, code) => syncErrors.inc({ cluster_id: clusterId, error_type: code }),
    resynced: (ms) => syncDuration.observe(ms / 1000),
    flush({ changes, written, ms, failed }) {
      flushDuration.observe(ms / 1000);
      flushChanges.observe(changes);
      rows.inc(written);
      if (failed) failures.inc();
    },
    leftOut: (reason, count) => leftOut.inc({ reason }, count),
    feedLag: (ms) => feedLag.observe(ms / 1000),
    countersCorrected: (count) => corrected.inc(count),
    reconciled: (clusterId, kind, outcome) => reconciliations.inc({ cluster_id: clusterId, kind, status: outcome }),
    removed(clusterId) {
      for (const metric of [relists, syncErrors, reconciliations]) void forget(metric, clusterId);
    },
  };
}

async function forget(metric: Counter<string>, clusterId: string): Promise<void> {
  for (const { labels } of (await metric.get()).values) if (labels["cluster_id"] === clusterId) metric.remove(labels);
}
