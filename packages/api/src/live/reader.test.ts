import { expect, test } from "bun:test";
import type { LiveFrame } from "@flux-orchestrator/contract";
import { Reader } from "./reader.ts";

const frame = (reason: string): LiveFrame => ({ type: "resync", reason });
const idle = new AbortController().signal;

test("frames come in their order, and only the last of a stretch moves the cursor", async () => {
  const reader = new Reader();
  reader.push([frame("a"), frame("b")], "e.1");
  reader.push([frame("c")], "e.2");
  const read = [];
  for (let turn = 0; turn < 3; turn++) read.push(await reader.next(0, idle));
  expect(read).toEqual([{ frame: frame("a") }, { frame: frame("b"), id: "e.1" }, { frame: frame("c"), id: "e.2" }]);
  expect(await reader.next(1, idle)).toBeUndefined();
});

test("whoever waits is woken by the next frame", async () => {
  const reader = new Reader();
  const waiting = reader.next(60_000, idle);
  reader.push([frame("a")], "e.1");
  expect(await waiting).toEqual({ frame: frame("a"), id: "e.1" });
});

test("what was missed goes before what came since", async () => {
  const reader = new Reader();
  reader.push([frame("new")], "e.9");
  reader.pushFirst([frame("old"), frame("older")], "e.5");
  const ids = [];
  for (let turn = 0; turn < 3; turn++) ids.push((await reader.next(0, idle))?.id);
  expect(ids).toEqual([undefined, "e.5", "e.9"]);
});

test("a stretch with nothing for this reader moves it on: it is not to be replayed", async () => {
  const reader = new Reader();
  expect(reader.passed).toBeUndefined();
  reader.push([], "e.1");
  expect(reader.passed).toBe("e.1");
  reader.push([frame("a")], "e.2");
  reader.push([], "e.3");
  // Not before what waits was read.
  expect(reader.passed).toBeUndefined();
  expect(await reader.next(0, idle)).toEqual({ frame: frame("a"), id: "e.3" });
  expect(reader.passed).toBeUndefined();
});

test("a reader that does not read holds 256 KiB, and is told once to fetch anew", async () => {
  let forgotten = 0;
  const reader = new Reader(() => void forgotten++);
  const long = frame("x".repeat(64 * 1024));
  for (let number = 1; number <= 3; number++) reader.push([long], `e.${number}`);
  expect(await reader.next(0, idle)).toEqual({ id: "e.1", frame: long });
  for (let number = 4; number <= 6; number++) reader.push([long], `e.${number}`);
  expect(await reader.next(0, idle)).toEqual({
    id: "e.5",
    frame: frame("This reader was too slow to be told every change."),
  });
  expect(await reader.next(0, idle)).toEqual({ id: "e.6", frame: long });
  expect(await reader.next(1, idle)).toBeUndefined();
  expect(forgotten).toBe(1);
});

test("of what is said of the stream itself only the last word waits", async () => {
  const reader = new Reader();
  const lag = (lagMs: number): LiveFrame => ({ type: "lag", lagMs });
  reader.push([frame("a")], "e.1");
  for (let lagMs = 1; lagMs <= 20_000; lagMs++) reader.tell(lag(lagMs));
  reader.push([frame("b")], "e.2");
  for (const next of [{ frame: frame("a"), id: "e.1" }, { frame: lag(20_000) }, { frame: frame("b"), id: "e.2" }])
    expect(await reader.next(0, idle)).toEqual(next);
  expect(await reader.next(1, idle)).toBeUndefined();
});

test("one stretch is told whole to whoever read all before it", async () => {
  const reader = new Reader();
  const long = frame("x".repeat(100 * 1024));
  reader.push([long, long, long], "e.1");
  for (const id of [undefined, undefined, "e.1"]) expect((await reader.next(0, idle))?.id).toBe(id);
});

test("an end is an end, with frames waiting or without", async () => {
  const closed = new Reader();
  const waiting = closed.next(60_000, idle);
  closed.close();
  expect(await waiting).toBeNull();
  const left = new AbortController();
  const reader = new Reader();
  reader.push([frame("a")], "e.1");
  left.abort();
  expect(await reader.next(60_000, left.signal)).toBeNull();
});

test("what a reader knows from its start is not told again, whether it came before or after", async () => {
  const reader = new Reader();
  reader.push([frame("read already")], "e.3");
  reader.push([frame("new")], "e.5");
  reader.startAt("e.4");
  reader.push([frame("late")], "e.4");
  reader.pushFirst([frame("missed")], "e.4");
  expect(await reader.next(0, idle)).toEqual({ id: "e.4", frame: frame("missed") });
  expect(await reader.next(0, idle)).toEqual({ id: "e.5", frame: frame("new") });
  expect(await reader.next(1, idle)).toBeUndefined();
});
