import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What every name of ours begins with. */
export const PREFIX = "flux_orchestrator_";

/** Seconds: what an answer to a person takes. The buckets of the Prometheus clients, which REST v1 promises. */
const BUCKETS_DEFAULT = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes the metrics of one registry, their names without the prefix. */
export function metricsIn(registry: Registry) {
  const registers = [registry];
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge({ name: PREFIX + name, help, labelNames: [...labelNames], registers }),
    histogram: <Label extends string>(
      name: string,
      help: string,
      {
        buckets = BUCKETS_DEFAULT,
        labelNames = [],
      }: { buckets?: readonly number[]; labelNames?: readonly Label[] } = {},
    ) => new Histogram({ name: PREFIX + name, help, buckets: [...buckets], labelNames: [...labelNames], registers }),
  };
}
export type Made = ReturnType<typeof metricsIn>;
