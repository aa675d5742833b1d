import type { ApiMetrics } from "@flux-orchestrator/api";
import type { Made } from "./registry.ts";

const RESYNCS = ["slow", "missed", "rights", "feed"] as const satisfies readonly Parameters<ApiMetrics["resync"]>[0][];
const ENDS = ["succeeded", "failed", "skipped", "unknown"] as const satisfies readonly Parameters<
  ApiMetrics["jobItem"]
>[0][];

/** Counts what the operations tell. */
export function operationMetrics({ counter, gauge, histogram }: Made): ApiMetrics {
  const operations = counter(
    "operations_total",
    "Operations that ended, through whichever door: OK or an error code.",
    ["operation", "outcome"],
  );
  const duration = histogram("operation_duration_seconds", "How long operations took.", { labelNames: ["operation"] });
  const subscribers = gauge("live_subscribers", "Open live streams.", ["stream"]);
  const frames = counter("live_frames_total", "Frames handed to readers of live streams.", ["stream"]);
  const resyncs = counter("live_resyncs_total", "Readers of live streams told to fetch everything anew.", ["reason"]);
  const jobItems = counter("job_items_total", "Items of jobs that ended.", ["state"]);
  // Known from the start: an alert sees the first one as an increase.
  for (const reason of RESYNCS) resyncs.inc({ reason }, 0);
  for (const state of ENDS) jobItems.inc({ state }, 0);
  return {
    operation(operation, outcome, ms) {
      operations.inc({ operation, outcome });
      duration.observe({ operation }, ms / 1000);
    },
    streamOpened: (stream) => subscribers.inc({ stream }),
    streamClosed: (stream) => subscribers.dec({ stream }),
    frame: (stream) => frames.inc({ stream }),
    resync: (reason, readers) => resyncs.inc({ reason }, readers),
    jobItem: (state) => jobItems.inc({ state }),
  };
}
