import { expect, test } from "bun:test";
import { Reads } from "./reads.ts";

test("an answer is used when the watch told nothing of the object meanwhile", async () => {
  const reads = new Reads();
  const used: string[] = [];
  await reads.latest(
    "app",
    async () => "answer",
    (answer) => used.push(answer),
  );
  expect(used).toEqual(["answer"]);
});

test("an answer that the watch has overtaken is thrown away, and the object read again", async () => {
  const reads = new Reads();
  const used: number[] = [];
  let asked = 0;
  const read = async () => {
    asked++;
    // While the first two answers are on their way, the watch tells of the object.
    if (asked <= 2) reads.told("app");
    reads.told("another");
    return asked;
  };
  await reads.latest("app", read, (answer) => used.push(answer));
  expect({ asked, used }).toEqual({ asked: 3, used: [3] });
});

test("an object that its watch tells of all the time is left to the watch", async () => {
  const reads = new Reads();
  const used: unknown[] = [];
  await reads.latest(
    "app",
    async () => reads.told("app"),
    (answer) => used.push(answer),
  );
  expect(used).toEqual([]);
});

test("a read that fails tells so, and is forgotten", async () => {
  const reads = new Reads();
  const failing = reads.latest(
    "app",
    () => Promise.reject(new Error("unreachable")),
    () => {},
  );
  await expect(failing).rejects.toThrow("unreachable");
  reads.told("app");
});
