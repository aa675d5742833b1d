import { expect, test } from "bun:test";
import { metricsOf, readAlertRules } from "../../test/alert-rules.ts";

const rules = readAlertRules();

test("every alert is PromQL over metrics of ours or of the process, and has a name of its own", () => {
  for (const { expr } of rules) expect(metricsOf(expr)).not.toEqual([]);
  for (const name of rules.flatMap(({ expr }) => metricsOf(expr)))
    expect(name).toMatch(/^(flux_orchestrator|process)_/);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(() => metricsOf("sum(")).toThrow("not PromQL");
});

test("every alert says how bad it is, what is wrong, and what to do", () => {
  for (const { labels, annotations } of rules) {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(Object.keys(annotations).sort()).toEqual(["description", "summary"]);
    for (const text of Object.values(annotations)) expect(text).toEndWith(".");
  }
});
