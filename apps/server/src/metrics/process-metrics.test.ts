import { expect, test } from "bun:test";
import { latenesses } from "./process-metrics.ts";

test("a tick that is in time is one figure", () => {
  expect(latenesses(-1)).toEqual([0]);
  expect(latenesses(3)).toEqual([3]);
});

test("a standstill stands for every tick that would have come meanwhile", () => {
  expect(latenesses(210)).toEqual([210, 160, 110, 60, 10]);
  // A computer that slept is not a thousand figures a second.
  expect(latenesses(3_600_000)).toHaveLength(60_000 / 50 + 1);
});
