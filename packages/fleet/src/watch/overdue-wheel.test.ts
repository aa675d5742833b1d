import { expect, test } from "bun:test";
import { OverdueWheel, type Run } from "./overdue-wheel.ts";

const START_MS = Date.parse("2026-01-02T03:04:05.500Z");

function wheel(options: { isSure?: (clusterId: string) => boolean } = {}) {
  let nowMs = START_MS;
  const told: string[] = [];
  const turning = new OverdueWheel({
    now: () => nowMs,
    isSure: options.isSure ?? (() => true),
    onOverdue: ({ key }) => told.push(key.name),
  });
  const run = (name: string, inMs: number): Run => {
    const made: Run = {
      key: { clusterId: "c", group: "g", kind: "Kustomization", namespace: "apps", name },
      dueMs: nowMs + inMs,
      filedMs: Number.POSITIVE_INFINITY,
      isOverdue: false,
      isGuessed: false,
    };
    turning.file(made);
    return made;
  };
  const heard = (one: Run, inMs: number) => {
    one.dueMs = nowMs + inMs;
    turning.file(one);
  };
  const pass = (ms: number) => {
    nowMs += ms;
    turning.turn();
    return told.splice(0);
  };
  return { run, heard, pass };
}

test("a run that does not come is told once, within a second", () => {
  const { run, pass } = wheel();
  const late = run("late", 10_000);
  run("later", 11_000);
  expect(pass(9_999)).toEqual([]);
  expect(pass(1_001)).toEqual(["late"]);
  expect(late.isOverdue).toBe(true);
  expect(pass(1_000)).toEqual(["later"]);
  expect(pass(3_600_000)).toEqual([]);
});

test("every run that is heard of moves the time, forwards and backwards", () => {
  const { run, heard, pass } = wheel();
  const one = run("one", 10_000);
  for (let beat = 0; beat < 20; beat++) {
    expect(pass(5_000)).toEqual([]);
    heard(one, 10_000);
  }
  expect(pass(9_000)).toEqual([]);
  expect(pass(2_000)).toEqual(["one"]);
  const shorter = run("shorter", 3_600_000);
  heard(shorter, 5_000);
  expect(pass(6_000)).toEqual(["shorter"]);
  // It stood in a later slot, too.
  expect(pass(3_600_000)).toEqual([]);
});

test("an object that nobody waits for any more is not told", () => {
  const { run, pass } = wheel();
  run("gone", 5_000).dueMs = Number.POSITIVE_INFINITY;
  expect(pass(60_000)).toEqual([]);
});

test("while it is not sure that silence means something, nothing is told; then it is", () => {
  let sure = false;
  const { run, pass } = wheel({ isSure: () => sure });
  run("one", 5_000);
  expect(pass(10_000)).toEqual([]);
  sure = true;
  expect(pass(31_000)).toEqual(["one"]);
});

test("what is overdue when it is filed is told at the next turn", () => {
  const { run, pass } = wheel();
  run("old", -3_600_000);
  expect(pass(1_000)).toEqual(["old"]);
});
