import { expect, test } from "bun:test";
import { Labels } from "@flux-orchestrator/contract";
import fc from "fast-check";
import { formatLabels, parseLabels } from "./labels-text.ts";

test("labels are read from commas and lines, with or without value", () => {
  expect(parseLabels(" region=eu,tier = gold\nedge,,example.com/team=pay ")).toEqual({
    labels: { region: "eu", tier: "gold", edge: "", "example.com/team": "pay" },
    problem: null,
  });
});
test("the first part that is no label is named", () => {
  expect(parseLabels("region=eu, -bad=1").problem).toBe("“-bad” is not a Kubernetes label key");
  expect(parseLabels("region=e u").problem).toBe("“e u” is not a Kubernetes label value");
});
test("what is written reads back as the same labels, and the server accepts it", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?$/);
  const key = fc.oneof(
    part,
    fc.tuple(fc.constantFrom("example.com", "a.b"), part).map(([prefix, name]) => `${prefix}/${name}`),
  );
  const labels = fc.dictionary(key, fc.oneof(part, fc.constant("")), { maxKeys: 6, noNullPrototype: true });
  fc.assert(
    fc.property(labels, (given) => {
      expect(parseLabels(formatLabels(given))).toEqual({ labels: given, problem: null });
      expect(Labels.safeParse(given).success).toBe(true);
    }),
    { seed: 20260917 },
  );
});
test("whatever is typed, what is accepted here the server accepts too", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const { labels, problem } = parseLabels(text);
      if (problem === null) expect(Labels.safeParse(labels).success).toBe(true);
    }),
    { seed: 20260917, numRuns: 2000 },
  );
});
