import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { logLevelOf, neutralLine } from "./log-line.ts";

test("no line steers a terminal or turns text around, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(neutralLine(text).replaceAll("\t", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }),
    { seed: 3, numRuns: 500 },
  );
});

describe("the level of a line", () => {
  test.each([
    ['{"level":"error","msg":"x"}', "error"],
    ['{"msg":"level=debug","severity":"WARNING"}', "warn"],
    ["time=x level=info msg=y", "info"],
    ["E0102 03:04:05.000000       1 x.go:1] y", "error"],
    ["2026-01-02 WARN x", "warn"],
    ["[info] x", "info"],
    ["FATAL: x", "error"],
    ["TRACE x", "debug"],
    ["no errors found", null],
    ["INFORMATION desk", null],
    [`${"x".repeat(200)} ERROR`, null],
    ['{"level":"verbose"}', null],
    ["", null],
  ] as const)("%j is %p", (text, level) => {
    expect(logLevelOf(text)).toBe(level);
  });
});
