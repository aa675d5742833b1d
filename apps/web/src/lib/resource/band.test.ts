import { expect, test } from "bun:test";
import type { ResourceDetail } from "@flux-orchestrator/contract";
import fc from "fast-check";
import { bandOf } from "./band.ts";
import { aRow } from "./row.fixture.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-09-17T14:00:00.000Z");
const iso = (hoursAgo: number) => new Date(NOW - hoursAgo * HOUR).toISOString();
type Transition = ResourceDetail["transitions"][number];
const transition = (hoursAgo: number, from: Transition["from"], to: Transition["to"]): Transition => ({
  id: String(hoursAgo),
  at: iso(hoursAgo),
  from,
  to,
  reason: null,
  message: "",
  revision: null,
});
const shown = (transitions: Transition[], row = aRow({ since: iso(30), createdAt: iso(40) })) =>
  bandOf(transitions, row, NOW, DAY).map(({ word, fromMs, toMs }) => [
    word,
    (NOW - fromMs) / HOUR,
    (NOW - toMs) / HOUR,
  ]);

test("stored transitions follow each other, oldest first, whatever their order", () => {
  expect(shown([transition(2, "Failed", "Ready"), transition(5, "Ready", "Failed")])).toEqual([
    ["Ready", 24, 5],
    ["Failed", 5, 2],
    ["Ready", 2, 0],
  ]);
});
test("what began before the day is cut at its beginning", () => {
  expect(shown([transition(30, "Ready", "Failed")])).toEqual([["Failed", 24, 0]]);
});
test("before the first record it was not there, or was and nobody recorded it", () => {
  expect(shown([transition(2, null, "Ready")], aRow({ since: iso(2), createdAt: iso(6) }))).toEqual([
    ["not there", 24, 6],
    ["not recorded", 6, 2],
    ["Ready", 2, 0],
  ]);
});
test("without any record the present word holds since it does", () => {
  expect(shown([], aRow({ since: iso(3), createdAt: iso(3) }))).toEqual([
    ["not there", 24, 3],
    ["Ready", 3, 0],
  ]);
  expect(shown([])).toEqual([["Ready", 24, 0]]);
});
test("the parts always cover the whole day without gap or overlap", () => {
  const word = fc.constantFrom("Ready" as const, "Failed" as const, null);
  const hours = fc.double({ min: 0.001, max: 60, noNaN: true });
  const some = fc
    .array(fc.tuple(hours, word, word), { maxLength: 8 })
    .map((list) => list.map(([at, from, to]) => transition(at, from, to)));
  fc.assert(
    fc.property(some, hours, hours, (transitions, since, created) => {
      const parts = bandOf(
        transitions,
        aRow({ since: iso(since), createdAt: iso(Math.max(since, created)) }),
        NOW,
        DAY,
      );
      expect(parts[0]?.fromMs).toBe(NOW - DAY);
      expect(parts.at(-1)?.toMs).toBe(NOW);
      expect(parts.slice(1).map((part) => part.fromMs)).toEqual(parts.slice(0, -1).map((part) => part.toMs));
    }),
    { seed: 20260917 },
  );
});
