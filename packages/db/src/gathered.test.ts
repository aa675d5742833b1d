import { expect, test } from "bun:test";
import { Gathered } from "./gathered.ts";

/** A write that records what it is given, and answers when it is let. */
function heldWrite() {
  const written: string[][] = [];
  let release: (error?: Error) => void = () => {};
  const gathered = new Gathered<string, string>(async (items) => {
    written.push([...items]);
    await new Promise<void>((resolve, reject) => {
      release = (error) => (error === undefined ? resolve() : reject(error));
    });
    return items.map((item) => item.toUpperCase());
  });
  return { gathered, written, release: (error?: Error) => release(error) };
}
const refusedRow = () => Object.assign(new Error("value too long"), { code: "22001" });

test("what is added in one turn is written together, what comes during a write shares the next", async () => {
  const { gathered, written, release } = heldWrite();
  const first = [gathered.add("a"), gathered.add("b")];
  await Promise.resolve();
  const second = [gathered.add("c"), gathered.add("d")];
  expect(written).toEqual([["a", "b"]]);
  release();
  expect(await Promise.all(first)).toEqual(["A", "B"]);
  expect(written).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  release();
  expect(await Promise.all(second)).toEqual(["C", "D"]);
});

test("a write has so many items at most, and loses none", async () => {
  const sizes: number[] = [];
  const gathered = new Gathered<number, number>(async (items) => {
    sizes.push(items.length);
    return items;
  });
  const items = Array.from({ length: 250 }, (_, nth) => nth);
  expect(await Promise.all(items.map((item) => gathered.add(item)))).toEqual(items);
  expect(sizes).toEqual([100, 100, 50]);
});

test("one that Postgres refuses fails alone; a write that fails otherwise fails for all, and the next is tried", async () => {
  let broken: Error | undefined;
  const gathered = new Gathered<string, string>(async (items) => {
    if (broken !== undefined) throw broken;
    if (items.includes("bad")) throw refusedRow();
    return items;
  });
  const settled = () =>
    Promise.allSettled(["one", "bad", "two"].map((item) => gathered.add(item))).then((results) =>
      results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as Error).message)),
    );
  expect(await settled()).toEqual(["one", "value too long", "two"]);
  broken = new Error("no connection");
  expect(await settled()).toEqual(["no connection", "no connection", "no connection"]);
  broken = undefined;
  expect(await gathered.add("three")).toBe("three");
});
