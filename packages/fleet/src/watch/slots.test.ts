import { expect, test } from "bun:test";
import { Slots } from "./slots.ts";

/** Whatever could begin has begun. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("so many run at once, in the order they came; who gives up leaves the line", async () => {
  const slots = new Slots(2);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, signal?: AbortSignal) =>
    slots.run(() => {
      began.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    }, signal);
  const leaving = new AbortController();
  const works = [run("a"), run("b"), run("c", leaving.signal), run("d"), run("e")];
  await turn();
  expect(began).toEqual(["a", "b"]);
  leaving.abort(new Error("gone"));
  expect(works[2]).rejects.toThrow("gone");
  ends.get("b")!();
  await turn();
  expect(began).toEqual(["a", "b", "d"]);
  ends.get("a")!();
  await turn();
  expect(began).toEqual(["a", "b", "d", "e"]);
});

test("work that fails gives its slot back", async () => {
  const slots = new Slots(1);
  expect(slots.run(() => Promise.reject(new Error("broken")), undefined)).rejects.toThrow("broken");
  expect(await slots.run(async () => "well", undefined)).toBe("well");
});
