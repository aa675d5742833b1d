import type { ApiMetrics } from "@flux-orchestrator/api";
import type { StatementObserver } from "@flux-orchestrator/db";
import type { FleetMetrics } from "@flux-orchestrator/fleet";
import { Registry } from "prom-client";
import { fleetMetrics } from "./fleet-metrics.ts";
import { type Answered, httpMetrics } from "./http-metrics.ts";
import { operationMetrics } from "./operation-metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { metricsIn } from "./registry.ts";
import { statementMetrics } from "./statement-metrics.ts";

/** Everything that is counted in this process: docs/metrics.md. */
export interface Metrics {
  readonly registry: Registry;
  readonly fleet: FleetMetrics;
  readonly operations: ApiMetrics;
  readonly statements: StatementObserver;
  answered(answer: Answered): void;
  stop(): void;
}

/** Counts from here on. Each server, and each test, has a registry of its own. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const stop = processMetrics(registry, version);
  const made = metricsIn(registry);
  return {
    registry,
    fleet: fleetMetrics(made),
    operations: operationMetrics(made),
    statements: statementMetrics(made),
    answered: httpMetrics(made),
    stop,
  };
}
