import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";

const FILE = resolve(import.meta.dir, "../../../deploy/alerts/flux-orchestrator.rules.yaml");

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

export function readAlertRules(): AlertRule[] {
  const file = Bun.YAML.parse(readFileSync(FILE, "utf8")) as { groups: { rules: AlertRule[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

/** Metrics that an expression names. @throws for what Prometheus could not parse */
export function metricsOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, type, from, to }) {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expression}`);
      if (name === "Identifier") names.push(expression.slice(from, to));
    },
  });
  return names;
}
