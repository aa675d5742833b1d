import type { StatementObserver } from "@flux-orchestrator/db";
import type { Made } from "./registry.ts";

/** Counts the statements of the pool. */
export function statementMetrics({ counter, gauge, histogram }: Made): StatementObserver {
  const labelNames = ["operation", "table"] as const;
  const queries = counter("database_queries_total", "Statements that ended, well or not.", labelNames);
  const duration = histogram(
    "database_query_duration_seconds",
    "From handing a statement over to its end, a wait for a free connection included.",
    { labelNames },
  );
  const running = gauge("database_queries_running", "Statements that run or wait for a free connection.");
  return {
    began: () => running.inc(),
    ended({ operation, table }, ms) {
      running.dec();
      queries.inc({ operation, table });
      duration.observe({ operation, table }, ms / 1000);
    },
  };
}
