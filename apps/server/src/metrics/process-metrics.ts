import { requestCap } from "@flux-orchestrator/k8s";
import { collectDefaultMetrics, type Registry } from "prom-client";
import { metricsIn } from "./registry.ts";

/** How often the event loop is expected to come by. */
const TICK_MS = 50;
/** A longer standstill than this counts as one of this. */
const STANDSTILL_MAX_MS = 60_000;

/**
 * Of prom-client's default metrics: those that Bun has a true figure for. Its event loop lag is none of them: a standstill
 * is one figure among hundreds there, and looking every 10 ms costs more than all the rest.
 */
const TRUE_ON_BUN = new Set([
  "process_cpu_user_seconds_total",
  "process_cpu_system_seconds_total",
  "process_cpu_seconds_total",
  "process_start_time_seconds",
  "process_resident_memory_bytes",
  "process_virtual_memory_bytes",
  "process_open_fds",
  "process_max_fds",
  "nodejs_heap_size_total_bytes",
  "nodejs_heap_size_used_bytes",
  "nodejs_external_memory_bytes",
]);
const NEVER_MS = 60_000;

/** The process itself: processor, memory, event loop, what is built in. @param registry without metrics yet @returns ends the looking */
export function processMetrics(registry: Registry, version: string): () => void {
  const { gauge, histogram } = metricsIn(registry);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray()) if (!TRUE_ON_BUN.has(name)) registry.removeSingleMetric(name);
  gauge("build_info", "Always 1; the versions are its labels.", ["version", "bun"]).set(
    { version, bun: Bun.version },
    1,
  );
  gauge("outgoing_requests_max", "Requests this process may have open (BUN_CONFIG_MAX_HTTP_REQUESTS).").set(
    requestCap(),
  );
  const lag = histogram("event_loop_lag_seconds", "How late whatever falls due is run, looked at 20 times a second.", {
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  });
  let dueMs = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const lateMs of latenesses(nowMs - dueMs)) lag.observe(lateMs / 1000);
    dueMs = nowMs + TICK_MS;
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * One late tick stands for all that would have come meanwhile: without them a standstill of a second would be one figure
 * among hundreds, and no percentile would show it.
 */
export function latenesses(lateMs: number): number[] {
  const late = Math.min(Math.max(0, lateMs), STANDSTILL_MAX_MS);
  return Array.from({ length: Math.floor(late / TICK_MS) + 1 }, (_, missed) => late - missed * TICK_MS);
}
